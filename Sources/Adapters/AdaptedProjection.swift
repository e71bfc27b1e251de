import Autodiff
package import ModelFiles
package import TensorCore

/// One projection as an adapter changes it, in numbers alone: for a forward pass of another kind than
/// `DecoderLM`'s.
///
/// The projection computes `y = f ∘ (x wᵀ + s (x aᵀ) bᵀ) + bias`, where `f` is 1 without a magnitude and
/// `m / ‖w + s b a‖` by rows with one (DoRA). A scale for rsLoRA or from a pattern is in `scale` already.
package struct AdaptedProjection: Sendable {
  /// The path in Hugging Face's layout, such as `model.layers.3.self_attn.q_proj`; rows of B are in
  /// Hugging Face's order, for a GGUF base too.
  package var path: String
  /// `a`, `[rank, inputSize]`.
  package var down: Tensor<Float>
  /// `b`, `[outputSize, rank]`.
  package var up: Tensor<Float>
  /// `s`.
  package var scale: Float
  /// DoRA's `m`, `[outputSize]`; nil for LoRA.
  package var magnitude: Tensor<Float>?

  package init(
    path: String, down: Tensor<Float>, up: Tensor<Float>, scale: Float,
    magnitude: Tensor<Float>? = nil
  ) {
    (self.path, self.down, self.up) = (path, down, up)
    (self.scale, self.magnitude) = (scale, magnitude)
  }

  package var rank: Int { down.shape[0] }
  package var inputSize: Int { down.shape[1] }
  package var outputSize: Int { up.shape[0] }

  /// The weight with the adapter in it, `f ∘ (w + s b a)`.
  package func merged(into weight: Tensor<Float>) -> Tensor<Float> {
    var sum = weight
    sum.addProduct(up, down, factor: scale)
    guard let magnitude else { return sum }
    let norms = Tensor(
      sum.rowSquares().scalars.map { max($0, Float.leastNormalMagnitude).squareRoot() },
      shape: [outputSize])
    return sum.multiplied(column: (magnitude / norms).reshaped([outputSize, 1]))
  }
}

/// Rows of a token table that an adapter puts in the place of the base's own.
package struct AdaptedTokenRows: Sendable {
  /// `model.embed_tokens`, which with tied embeddings is the output layer's table too, or `lm_head`.
  package var path: String
  /// The tokens, each once.
  package var ids: [Int32]
  /// `[ids.count, hiddenSize]`: whole rows, not differences.
  package var rows: Tensor<Float>

  package init(path: String, ids: [Int32], rows: Tensor<Float>) {
    (self.path, self.ids, self.rows) = (path, ids, rows)
  }
}

/// All that an adapter changes.
package struct AdapterWeights: Sendable {
  /// In the model's order.
  package var projections: [AdaptedProjection]
  package var tokenRows: [AdaptedTokenRows]
  /// Of the files that it was read from.
  package var hashes: PEFTDirectory.Hashes?

  package init(
    projections: [AdaptedProjection], tokenRows: [AdaptedTokenRows],
    hashes: PEFTDirectory.Hashes? = nil
  ) {
    (self.projections, self.tokenRows, self.hashes) = (projections, tokenRows, hashes)
  }
}
