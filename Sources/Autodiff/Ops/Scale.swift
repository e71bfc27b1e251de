import TensorCore

extension Variable {
  /// Every element times a constant; `∂L/∂x = factor · ∂L/∂y`.
  public static func * (lhs: Variable, factor: Scalar) -> Variable {
    .recorded("scale", lhs.value * factor, Operand(lhs) { $0 * factor })
  }
}
