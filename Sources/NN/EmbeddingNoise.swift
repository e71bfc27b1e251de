package import Autodiff
package import TensorCore

/// Uniform noise on token embeddings in training: NEFTune.
///
/// Jain et al. 2023.
///
/// Each number of a document of `L` tokens of `d` numbers is uniform in ±α/√(L·d). Documents side by side each
/// have the strength of their own length, so that how they are put together does not matter to it.
package struct EmbeddingNoise: Sendable, Equatable {
  /// α.
  package var alpha: Double
  package var seed: UInt64

  package init(alpha: Double, seed: UInt64) { (self.alpha, self.seed) = (alpha, seed) }

  /// The noise of these documents, `[tokens, size]`.
  package func tensor(_ segments: DocumentSegments, size: Int) -> Tensor<Float> {
    Tensor(shape: [segments.tokenCount, size]) { out in
      for (index, range) in segments.ranges.enumerated() {
        var generator = RandomGenerator(seed: seed, stream: UInt64(index))
        let bound = alpha / Double(range.count * size).squareRoot()
        for place in range.lowerBound * size..<range.upperBound * size {
          out[place] = Float((2 * generator.nextUniform() - 1) * bound)
        }
      }
    }
  }
}
