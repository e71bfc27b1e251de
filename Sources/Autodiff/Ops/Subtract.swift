import TensorCore

extension Variable {
  /// The elementwise difference; `∂L/∂a = ∂L/∂y`, `∂L/∂b = -∂L/∂y`.
  public static func - (lhs: Variable, rhs: Variable) -> Variable {
    .recorded("subtract", lhs.value - rhs.value, Operand(lhs) { $0 }, Operand(rhs) { $0 * -1 })
  }
}
