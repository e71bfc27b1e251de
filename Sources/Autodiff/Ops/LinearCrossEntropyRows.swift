package import TensorCore

extension Variable {
  /// The cross-entropy of each row of a linear classifier, without keeping its logits:
  /// `Lᵣ = log Σᵥ exp(hᵣ·wᵥ) - hᵣ·w_target`, in nats.
  ///
  /// A row's upstream gradient only scales `∂Lᵣ/∂hᵣ`, which is made in the forward pass as in
  /// `linearCrossEntropy`; `∂L/∂w` mixes the rows, so that it computes the logits again.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[classes, k]`.
  ///   - targets: The class of each row of `self`, `[rows, k]`.
  ///   - replaced: Rows of `w` that others stand for.
  /// - Returns: `[rows]`.
  public func linearCrossEntropyRows(
    weight: Variable, targets: [Int32], replacing replaced: ReplacedClasses<Scalar>? = nil
  ) -> Variable {
    var computation = LinearCrossEntropy(hidden: value, weight: weight.value, targets: targets)
    computation.replace(replaced)
    let result = computation.run(hiddenGradient: isTracked, weightGradient: false)
    let operands = [
      Operand(self) { result.rowGradient($0) },
      Operand(weight) { [computation, shape = weight.shape] upstream in
        computation.run(hiddenGradient: false, weightGradient: true, rowFactors: upstream)
          .weightGradient ?? .zeros(shape)
      },
    ]
    return .recorded(
      "linearCrossEntropyRows", result.losses, operands + computation.operands(of: replaced))
  }
}

extension Variable where Scalar == Float {
  /// `linearCrossEntropyRows` over a weight that is packed in bf16 and learns nothing.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[classes, k]`.
  ///   - targets: The class of each row of `self`, `[rows, k]`.
  ///   - replaced: Rows of `w` that others stand for.
  /// - Returns: `[rows]`.
  package func frozenLinearCrossEntropyRows(
    weight: FrozenMatrix, targets: [Int32], replacing replaced: ReplacedClasses<Scalar>? = nil
  ) -> Variable {
    var computation = LinearCrossEntropy(hidden: value, weight: weight, targets: targets)
    computation.replace(replaced)
    let result = computation.run(hiddenGradient: isTracked, weightGradient: false)
    return .recorded(
      "frozenLinearCrossEntropyRows", result.losses,
      [Operand(self) { result.rowGradient($0) }] + computation.operands(of: replaced))
  }
}

extension LinearCrossEntropy {
  /// The operand of rows that stand for others, whose gradient mixes the rows of hidden states as well.
  fileprivate func operands(of replaced: ReplacedClasses<Scalar>?) -> [Operand<Scalar>] {
    guard let replaced else { return [] }
    return [
      Operand(replaced.rows) { [shape = replaced.rows.shape] upstream in
        run(hiddenGradient: false, weightGradient: false, rowFactors: upstream)
          .replacedGradient ?? .zeros(shape)
      }
    ]
  }
}
