import TensorCore

extension Variable {
  /// The elementwise product; `∂L/∂a = ∂L/∂y · b`, `∂L/∂b = ∂L/∂y · a`.
  public static func * (lhs: Variable, rhs: Variable) -> Variable {
    .recorded(
      "multiply", lhs.value * rhs.value,
      Operand(lhs) { [b = rhs.value] in $0 * b },
      Operand(rhs) { [a = lhs.value] in $0 * a })
  }
}
