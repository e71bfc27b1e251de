public import Autodiff
public import TensorCore

/// Maps `[rows, inputSize]` to `[rows, outputSize]`: `y = x wᵀ + b`.
public final class Linear: AdaptableLayer {
  /// `[outputSize, inputSize]`.
  public let weight: Parameter
  /// `[outputSize]`.
  public let bias: Parameter?

  /// A layer of these weights.
  ///
  /// - Precondition: `weight` is a matrix.
  public init(weight: Tensor<Float>, bias: Tensor<Float>? = nil) {
    require(weight.shape.rank == 2, "Linear: weight \(weight.shape), expected a matrix")
    self.weight = Parameter(weight)
    self.bias = bias.map { Parameter($0) }
  }

  /// The columns of the weight.
  public var inputSize: Int { weight.value.shape[1] }
  /// The rows of the weight.
  public var outputSize: Int { weight.value.shape[0] }

  /// The weight, and the bias where there is one.
  public var parameters: [NamedParameter] {
    [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
  }

  /// `x wᵀ + b`, `[rows, outputSize]`.
  public func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    input.matmulTransposed(weight.variable(in: context)).adding(bias: bias, in: context)
  }

  /// `y = x wᵀ + s (x aᵀ) bᵀ + b`.
  public func callAsFunction(
    _ input: Variable<Float>, adding update: LowRankUpdate, in context: ForwardContext
  ) -> Variable<Float> {
    input.loraLinear(
      weight: weight.variable(in: context), down: update.down, up: update.up,
      scale: update.scale, adapted: update.input
    ).adding(bias: bias, in: context)
  }
}

extension Variable<Float> {
  /// The sum with a bias, `[columns]`, where there is one.
  func adding(bias: Parameter?, in context: ForwardContext) -> Variable {
    guard let bias else { return self }
    return adding(row: bias.variable(in: context))
  }
}
