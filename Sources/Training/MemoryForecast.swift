import Adapters
package import ModelFiles
package import Models
import NN
import TensorCore

/// How much memory a run will take at its peak, before it starts.
///
/// Weights, gradients and moments are counted; so are the tensors that a block keeps for the backward pass.
/// What the pool rounds up, the process itself and short-lived tensors are one allowance.
package struct MemoryForecast: Sendable {
  package let model: TransformerConfiguration
  package let precision: Precision
  /// How many numbers are trained.
  package let trainedCount: Int
  /// The rank of the adapter; 0 without one.
  package let rank: Int
  package let hasDropout: Bool
  /// Whether every projection's product is kept beside its scaled copy, as DoRA does.
  package var hasMagnitudes = false
  /// How many blocks keep something for the backward pass: those from the first adapted one.
  package var recordedLayers: Int

  package init(
    model: TransformerConfiguration, precision: Precision, trainedCount: Int, rank: Int,
    hasDropout: Bool
  ) {
    (self.model, self.precision, self.trainedCount) = (model, precision, trainedCount)
    (self.rank, self.hasDropout) = (rank, hasDropout)
    recordedLayers = model.layerCount
  }

  /// The forecast of training `trained`.
  package init(
    model: TransformerConfiguration, precision: Precision, training trained: any TrainedWeights
  ) {
    self.init(
      model: model, precision: precision,
      trainedCount: trained.parameters.reduce(0) { $0 + $1.parameter.value.count },
      rank: (trained as? LoRAAdapter)?.meanRank ?? 0, hasDropout: trained.dropout > 0)
    hasMagnitudes = (trained as? LoRAAdapter)?.configuration.usesDoRA ?? false
    if let adapter = trained as? LoRAAdapter {
      recordedLayers = model.layerCount - adapter.firstLayer
    }
  }

  private static let float = MemoryLayout<Float>.stride
  /// The process, its code, what the pool rounds up.
  private static let allowance = 48 << 20

  /// The base's weights, and the second layout that bf16 keeps of the output layer.
  package var weightBytes: Int {
    let numbers = DecoderLM.parameterCount(model)
    let table = model.vocabularySize * model.hiddenSize
    return Self.float * (numbers + (precision == .bf16 && model.tiesEmbeddings ? table : 0))
  }

  /// Two moments, and the gradients of a pass and, where a step has several, of the step; the adapter itself.
  private func optimizerBytes(isOnePass: Bool) -> Int {
    Self.float * trainedCount * ((rank > 0 ? 4 : 3) + (isOnePass ? 0 : 1))
  }

  /// What one block keeps for one token.
  private var blockBytesPerToken: Int {
    let queries = model.headCount * model.headDimension
    let keys = model.keyValueHeadCount * model.headDimension
    var numbers = 4 * model.hiddenSize + 2 * queries + 2 * keys + model.headCount
    numbers += 3 * model.intermediateSize + 7 * rank
    if hasDropout { numbers += 5 * model.hiddenSize + queries + model.intermediateSize }
    if hasMagnitudes {
      // The products before they are scaled; half of that again stays in the pool, as was measured.
      numbers += 2 * model.hiddenSize + queries + 2 * keys + 4 * model.intermediateSize
    }
    return Self.float * numbers
  }

  /// What a pass over `tokens` tokens adds, logits included.
  package func activationBytes(tokens: Int, recomputes: Bool) -> Int {
    let blocks = recordedLayers
    let kept =
      recomputes
      ? blocks * Self.float * model.hiddenSize + blockBytesPerToken : blocks * blockBytesPerToken
    let passing = Self.float * (3 * model.intermediateSize + 2 * model.hiddenSize)
    let logits = Self.float * model.vocabularySize * min(tokens, 256)
    return tokens * (kept + passing) + logits
  }

  /// The peak of a run.
  ///
  /// - Parameters:
  ///   - tokensPerPass: Tokens that are computed at a time.
  ///   - recomputes: Whether blocks keep their input only.
  ///   - isOnePass: Whether a step is one pass.
  /// - Returns: Bytes.
  package func peakBytes(tokensPerPass: Int, recomputes: Bool, isOnePass: Bool = false) -> Int {
    weightBytes + optimizerBytes(isOnePass: isOnePass) + Self.allowance
      + activationBytes(tokens: tokensPerPass, recomputes: recomputes)
  }

  /// How a run fits in a limit.
  package struct Fit: Sendable, Equatable {
    package var tokensPerPass: Int
    package var recomputes: Bool

    package init(tokensPerPass: Int, recomputes: Bool) {
      (self.tokensPerPass, self.recomputes) = (tokensPerPass, recomputes)
    }
  }

  /// The largest passes that stay a tenth below `limit`, recomputing where that alone makes them fit.
  ///
  /// Rows of different lengths leave blocks unused here and there: the tenth is theirs.
  ///
  /// - Parameters:
  ///   - limit: Bytes.
  ///   - usual: Tokens of a pass where memory does not matter.
  ///   - longest: Tokens of the longest row, which no pass can cut.
  ///   - recomputes: Whether recomputation was asked for anyway.
  /// - Returns: nil when nothing fits.
  package func fit(limit: Int, usual: Int, longest: Int, recomputes: Bool) -> Fit? {
    for again in recomputes ? [true] : [false, true] {
      var tokens = max(usual, longest)
      while true {
        if peakBytes(tokensPerPass: tokens, recomputes: again) <= limit - limit / 10 {
          return Fit(tokensPerPass: tokens, recomputes: again)
        }
        if tokens <= longest { break }
        tokens = max(tokens - max(tokens / 8, 1), longest)
      }
    }
    return nil
  }
}
