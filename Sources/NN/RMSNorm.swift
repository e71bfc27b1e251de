package import Autodiff
package import TensorCore

/// Root-mean-square normalisation (Zhang and Sennrich 2019) with a learnt gain.
package final class RMSNorm {
  /// `[hidden]`.
  package let weight: Parameter
  package let epsilon: Float

  package init(weight: Tensor<Float>, epsilon: Float) {
    self.weight = Parameter(weight)
    self.epsilon = epsilon
  }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    input.rmsNorm(weight: weight.variable(in: context), epsilon: epsilon)
  }
}
