package import Autodiff
package import TensorCore

/// A frozen projection whose weight is kept in bf16: `y = x wᵀ + b`, the sums in f32.
package final class PackedLinear: AdaptableLayer {
  /// `[outputSize, inputSize]`.
  package let weight: FrozenMatrix
  /// `[outputSize]`.
  package let bias: Parameter?
  /// The squared norm of each row of the weight before it was rounded, `[outputSize]`.
  private let squares: Tensor<Float>

  /// Packs the weight of `layer`, which is then not needed any more.
  package init(_ layer: Linear) {
    weight = FrozenMatrix(layer.weight.value)
    bias = layer.bias
    squares = layer.weight.value.rowSquares()
  }

  package var inputSize: Int { weight.shape[1] }
  package var outputSize: Int { weight.shape[0] }

  /// The bias, where there is one: the packed weight is not a parameter any more.
  package var parameters: [NamedParameter] { bias.map { [("bias", $0)] } ?? [] }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    input.frozenLinear(weight: weight).adding(bias: bias, in: context)
  }

  package func callAsFunction(
    _ input: Variable<Float>, adding update: LowRankUpdate, in context: ForwardContext
  ) -> Variable<Float> {
    let product =
      if let magnitude = update.magnitude {
        input.frozenDoRALinear(
          weight: weight, down: update.down, up: update.up, scale: update.scale,
          magnitude: magnitude.vector, norms: magnitude.norms, adapted: update.input)
      } else {
        input.frozenLoRALinear(
          weight: weight, down: update.down, up: update.up, scale: update.scale,
          adapted: update.input)
      }
    return product.adding(bias: bias, in: context)
  }

  package func rowNorms(adding down: Tensor<Float>, _ up: Tensor<Float>, scale: Float)
    -> Tensor<Float>
  {
    .adaptedRowNorms(
      squares: squares, projected: weight.multiply(down).permuted([1, 0]), down: down, up: up,
      scale: scale)
  }
}
