import TensorCore

extension Variable {
  /// The elementwise sum; `∂L/∂a = ∂L/∂b = ∂L/∂y`.
  public static func + (lhs: Variable, rhs: Variable) -> Variable {
    .recorded("add", lhs.value + rhs.value, Operand(lhs) { $0 }, Operand(rhs) { $0 })
  }
}
