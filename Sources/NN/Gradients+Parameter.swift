public import Autodiff
public import TensorCore

extension Gradients where Scalar == Float {
  /// The gradient with respect to a trained weight, nil when the loss does not depend on it.
  public subscript(_ parameter: Parameter) -> Tensor<Float>? { gradient(of: parameter) }
}
