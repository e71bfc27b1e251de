import ModelFiles
import Models

/// Floating-point operations that a training step needs by the mathematics, however it is computed.
///
/// A weight costs a token 2 operations forward, 2 for the gradient of its input and 2 for its own (Kaplan et
/// al. 2020, section 2.1: 6 in all). With an adapter the base has no gradient of its own: 4. Attention adds
/// `4 · heads · head · t` for a token that sees `t`, three times (Chowdhery et al. 2022, appendix B, without
/// what a causal mask hides). Recomputation, normalisation and the optimizer do not count.
struct ModelWork {
  /// Weights of the projections and of the output layer.
  let weights: Double
  /// Operations of attention for one document forward, by its length.
  private let attention: (Int) -> Double

  init(_ configuration: TransformerConfiguration) {
    let c = configuration
    let (queries, keys) = (c.headCount * c.headDimension, c.keyValueHeadCount * c.headDimension)
    let block = c.hiddenSize * (2 * queries + 2 * keys + 3 * c.intermediateSize)
    weights = Double(c.layerCount * block + c.vocabularySize * c.hiddenSize)
    attention = { 4 * Double(c.layerCount * queries) * Double($0) * Double($0 + 1) / 2 }
  }

  /// A step over documents of `length` tokens, all predicted.
  ///
  /// - Parameters:
  ///   - documents: How many there are.
  ///   - length: Tokens that are computed of each.
  ///   - adapterWeights: Weights that are trained; nil when all of the base's are.
  /// - Returns: Floating-point operations.
  func step(documents: Int, length: Int, adapterWeights: Int?) -> Double {
    let tokens = Double(documents * length)
    let linear = adapterWeights.map { 4 * weights + 6 * Double($0) } ?? 6 * weights
    return tokens * linear + 3 * Double(documents) * attention(length)
  }
}
