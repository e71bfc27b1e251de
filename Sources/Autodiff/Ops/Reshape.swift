public import TensorCore

extension Variable {
  /// The same elements under another shape.
  public func reshaped(_ shape: Shape) -> Variable {
    .recorded(
      "reshape", value.reshaped(shape), Operand(self) { [old = self.shape] in $0.reshaped(old) })
  }
}
