import TensorCore

extension Variable {
  /// The square root; `∂L/∂x = ∂L/∂y / (2 y)`.
  public func squareRoot() -> Variable {
    let y = value.squareRoot()
    return .recorded("squareRoot", y, Operand(self) { $0 / y * 0.5 })
  }
}
