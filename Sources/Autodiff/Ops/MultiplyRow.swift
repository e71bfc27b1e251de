import TensorCore

extension Variable {
  /// `x[r, c] · row[c]`; `∂L/∂x = ∂L/∂y · row`, `∂L/∂row = Σᵣ ∂L/∂y · x`.
  public func multiplied(row: Variable) -> Variable {
    .recorded(
      "multiplyRow", value.multiplied(row: row.value),
      Operand(self) { [w = row.value] in $0.multiplied(row: w) },
      Operand(row) { [x = value, shape = row.shape] in ($0 * x).columnSums().reshaped(shape) })
  }
}
