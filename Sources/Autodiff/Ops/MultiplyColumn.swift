import TensorCore

extension Variable {
  /// `x[r, c] · column[r]`; `∂L/∂x = ∂L/∂y · column`, `∂L/∂column = Σ꜀ ∂L/∂y · x`.
  public func multiplied(column: Variable) -> Variable {
    .recorded(
      "multiplyColumn", value.multiplied(column: column.value),
      Operand(self) { [s = column.value] in $0.multiplied(column: s) },
      Operand(column) { [x = value, shape = column.shape] in ($0 * x).rowSums().reshaped(shape) })
  }
}
