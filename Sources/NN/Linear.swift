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
    let weight = weight.variable(in: context)
    let product =
      if let magnitude = update.magnitude {
        input.doraLinear(
          weight: weight, down: update.down, up: update.up, scale: update.scale,
          magnitude: magnitude.vector, norms: magnitude.norms, adapted: update.input)
      } else {
        input.loraLinear(
          weight: weight, down: update.down, up: update.up, scale: update.scale,
          adapted: update.input)
      }
    return product.adding(bias: bias, in: context)
  }

  /// The norm of each row of `w + s b a`, `[outputSize]`.
  public func rowNorms(adding down: Tensor<Float>, _ up: Tensor<Float>, scale: Float)
    -> Tensor<Float>
  {
    .adaptedRowNorms(
      squares: weight.value.rowSquares(),
      projected: weight.value.matmul(down, transposingOther: true), down: down, up: up,
      scale: scale)
  }
}

extension Variable<Float> {
  /// The sum with a bias, `[columns]`, where there is one.
  func adding(bias: Parameter?, in context: ForwardContext) -> Variable {
    guard let bias else { return self }
    return adding(row: bias.variable(in: context))
  }
}
