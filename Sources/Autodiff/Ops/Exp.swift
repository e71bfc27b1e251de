import TensorCore

extension Variable {
  /// eˣ; `∂L/∂x = ∂L/∂y · y`.
  public func exp() -> Variable {
    let y = value.exp()
    return .recorded("exp", y, Operand(self) { $0 * y })
  }
}
