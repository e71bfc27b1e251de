import TensorCore

extension Variable {
  /// 1 / (1 + e⁻ˣ); `∂L/∂x = ∂L/∂y · y (1 - y)`.
  public func sigmoid() -> Variable {
    let y = value.sigmoid()
    return .recorded("sigmoid", y, Operand(self) { $0 * (y - y * y) })
  }
}
