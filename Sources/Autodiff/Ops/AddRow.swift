import TensorCore

extension Variable {
  /// `x[r, c] + row[c]`, as a bias is added; `∂L/∂row` sums `∂L/∂y` over the rows.
  public func adding(row: Variable) -> Variable {
    .recorded(
      "addRow", value.adding(row: row.value), Operand(self) { $0 },
      Operand(row) { [shape = row.shape] in $0.columnSums().reshaped(shape) })
  }
}
