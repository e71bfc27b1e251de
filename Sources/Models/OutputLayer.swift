package import Autodiff
package import TensorCore

/// The last layer, from hidden states to logits: a table in f32, or one that is frozen in bf16.
package struct OutputLayer {
  package enum Table {
    /// `[vocabulary, hiddenSize]`.
    case full(Variable<Float>)
    case packed(FrozenMatrix)
  }

  package let table: Table
  /// Tokens whose rows an adapter trains in place of the table's.
  package let replaced: ReplacedClasses<Float>?

  package init(_ table: Table, replacing replaced: ReplacedClasses<Float>? = nil) {
    (self.table, self.replaced) = (table, replaced)
  }

  package var vocabularySize: Int {
    switch table {
    case .full(let weight): weight.shape[0]
    case .packed(let weight): weight.shape[0]
    }
  }

  /// The logits of hidden states, `[rows, hiddenSize]` to `[rows, vocabulary]`.
  package func logits(_ hidden: Variable<Float>) -> Variable<Float> {
    let logits =
      switch table {
      case .full(let weight): hidden.matmulTransposed(weight)
      case .packed(let weight): hidden.frozenLinear(weight: weight)
      }
    guard let replaced else { return logits }
    return logits.replacingColumns(
      replaced.classes, with: hidden.matmulTransposed(replaced.rows))
  }

  /// The summed cross-entropy of hidden states that should predict `targets`, nats.
  package func crossEntropy(_ hidden: Variable<Float>, targets: [Int32]) -> Variable<Float> {
    switch table {
    case .full(let weight):
      hidden.linearCrossEntropy(weight: weight, targets: targets, replacing: replaced)
    case .packed(let weight):
      hidden.frozenLinearCrossEntropy(weight: weight, targets: targets, replacing: replaced)
    }
  }

  /// The cross-entropy of each hidden state that should predict one of `targets`, `[rows]`, nats.
  package func crossEntropyRows(_ hidden: Variable<Float>, targets: [Int32]) -> Variable<Float> {
    switch table {
    case .full(let weight):
      hidden.linearCrossEntropyRows(weight: weight, targets: targets, replacing: replaced)
    case .packed(let weight):
      hidden.frozenLinearCrossEntropyRows(weight: weight, targets: targets, replacing: replaced)
    }
  }

  /// The cross-entropy of each row, nats; without gradients.
  package func losses(_ hidden: Tensor<Float>, targets: [Int32]) -> [Float] {
    var computation =
      switch table {
      case .full(let weight):
        LinearCrossEntropy(hidden: hidden, weight: weight.value, targets: targets)
      case .packed(let weight):
        LinearCrossEntropy(hidden: hidden, weight: weight, targets: targets)
      }
    computation.replace(replaced)
    return computation.run(hiddenGradient: false, weightGradient: false).losses.scalars
  }
}
