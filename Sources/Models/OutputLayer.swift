package import Autodiff
package import TensorCore

/// The last layer, from hidden states to logits: a table in f32, or one that is frozen in bf16.
package enum OutputLayer {
  /// `[vocabulary, hiddenSize]`.
  case full(Variable<Float>)
  case packed(FrozenMatrix)

  package var vocabularySize: Int {
    switch self {
    case .full(let weight): weight.shape[0]
    case .packed(let weight): weight.shape[0]
    }
  }

  /// The logits of hidden states, `[rows, hiddenSize]` to `[rows, vocabulary]`.
  package func logits(_ hidden: Variable<Float>) -> Variable<Float> {
    switch self {
    case .full(let weight): hidden.matmulTransposed(weight)
    case .packed(let weight): hidden.frozenLinear(weight: weight)
    }
  }

  /// The summed cross-entropy of hidden states that should predict `targets`, nats.
  package func crossEntropy(_ hidden: Variable<Float>, targets: [Int32]) -> Variable<Float> {
    switch self {
    case .full(let weight): hidden.linearCrossEntropy(weight: weight, targets: targets)
    case .packed(let weight): hidden.frozenLinearCrossEntropy(weight: weight, targets: targets)
    }
  }

  /// The cross-entropy of each row, nats; without gradients.
  package func losses(_ hidden: Tensor<Float>, targets: [Int32]) -> [Float] {
    let computation =
      switch self {
      case .full(let weight):
        LinearCrossEntropy(hidden: hidden, weight: weight.value, targets: targets)
      case .packed(let weight):
        LinearCrossEntropy(hidden: hidden, weight: weight, targets: targets)
      }
    return computation.run(hiddenGradient: false, weightGradient: false).losses.scalars
  }
}
