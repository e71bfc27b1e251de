import TensorCore

extension Tape {
  /// A part of a computation of which only the input is kept: the backward pass computes the rest again.
  ///
  /// Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost". The bits are those of `body` on this
  /// tape, as long as `body` computes the same both times.
  ///
  /// - Parameters:
  ///   - input: The operand, tracked or not.
  ///   - body: The part: of its input, and the tape for the leaves of its weights; without a tape in the
  ///     forward pass. Variables of this tape must not be captured.
  /// - Returns: What `body` makes of the input.
  package func recomputing(
    _ input: Variable<Scalar>,
    _ body: @escaping (_ input: Variable<Scalar>, _ tape: Tape?) -> Variable<Scalar>
  ) -> Variable<Scalar> {
    let (value, isTracked) = (input.value, input.isTracked)
    // An input that learns nothing still needs a node: the weights inside may learn.
    let anchor = isTracked ? input : leaf(value)
    let output = body(Variable(value), nil).value
    return .recorded(
      "recomputing", output,
      Operand(
        anchor,
        accumulating: { [unowned self] (upstream: Tensor<Scalar>, slot: inout Tensor<Scalar>?) in
          let tape = Tape()
          tape.profile = profile
          let again = isTracked ? tape.leaf(value) : Variable(value)
          let result = body(again, tape)
          guard result.isTracked else { return }
          let found = tape.gradients(of: result, upstream: upstream)
          adopt(found)
          guard isTracked, let gradient = found[again] else { return }
          if slot == nil {
            slot = gradient
          } else {
            slot?.add(gradient)
          }
        }))
  }
}

extension Variable {
  /// The same for a part without weights.
  package func recomputing(_ body: @escaping (Variable) -> Variable) -> Variable {
    guard let tape else { return body(self) }
    return tape.recomputing(self) { input, _ in body(input) }
  }
}
