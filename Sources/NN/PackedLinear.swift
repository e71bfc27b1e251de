package import Autodiff
package import TensorCore

/// A frozen projection whose weight is kept in bf16: `y = x wᵀ + b`, the sums in f32.
package final class PackedLinear: AdaptableLayer {
  /// `[outputSize, inputSize]`.
  package let weight: FrozenMatrix
  /// `[outputSize]`.
  package let bias: Parameter?

  /// Packs the weight of `layer`, which is then not needed any more.
  package init(_ layer: Linear) {
    weight = FrozenMatrix(layer.weight.value)
    bias = layer.bias
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
    input.frozenLoRALinear(
      weight: weight, down: update.down, up: update.up, scale: update.scale,
      adapted: update.input
    ).adding(bias: bias, in: context)
  }
}
