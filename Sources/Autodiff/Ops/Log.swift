import TensorCore

extension Variable {
  /// The natural logarithm; `∂L/∂x = ∂L/∂y / x`.
  public func log() -> Variable {
    .recorded("log", value.log(), Operand(self) { [x = value] in $0 / x })
  }
}
