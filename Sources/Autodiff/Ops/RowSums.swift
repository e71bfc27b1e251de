import TensorCore

extension Variable {
  /// The sum of each row, `[…, 1]`; `∂L/∂x` repeats `∂L/∂y` along the row.
  public func rowSums() -> Variable {
    .recorded(
      "rowSums", value.rowSums(),
      Operand(self) { [shape] in Tensor(repeating: 1, shape: shape).multiplied(column: $0) })
  }
}
