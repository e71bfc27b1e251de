package import Autodiff
package import TensorCore

/// Maps `[rows, inputSize]` to `[rows, outputSize]`: `y = x wᵀ + b`.
package final class Linear: AdaptableLayer {
  /// `[outputSize, inputSize]`.
  package let weight: Parameter
  /// `[outputSize]`.
  package let bias: Parameter?

  package init(weight: Tensor<Float>, bias: Tensor<Float>? = nil) {
    require(weight.shape.rank == 2, "Linear: weight \(weight.shape), expected a matrix")
    self.weight = Parameter(weight)
    self.bias = bias.map { Parameter($0) }
  }

  package var inputSize: Int { weight.value.shape[1] }
  package var outputSize: Int { weight.value.shape[0] }

  package var parameters: [NamedParameter] {
    [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
  }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    addingBias(to: input.matmulTransposed(weight.variable(in: context)), in: context)
  }

  package func callAsFunction(
    _ input: Variable<Float>, adding update: LowRankUpdate, in context: ForwardContext
  ) -> Variable<Float> {
    addingBias(
      to: input.loraLinear(
        weight: weight.variable(in: context), down: update.down, up: update.up,
        scale: update.scale, adapted: update.input), in: context)
  }

  private func addingBias(to product: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    guard let bias else { return product }
    return product.adding(row: bias.variable(in: context))
  }
}
