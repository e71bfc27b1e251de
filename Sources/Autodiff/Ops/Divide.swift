import TensorCore

extension Variable {
  /// The elementwise quotient; `∂L/∂a = ∂L/∂y / b`, `∂L/∂b = -∂L/∂y · y / b`.
  public static func / (lhs: Variable, rhs: Variable) -> Variable {
    let quotient = lhs.value / rhs.value
    return .recorded(
      "divide", quotient,
      Operand(lhs) { [b = rhs.value] in $0 / b },
      Operand(rhs) { [b = rhs.value] in $0 * quotient / b * -1 })
  }
}
