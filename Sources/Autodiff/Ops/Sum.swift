import TensorCore

extension Variable {
  /// The sum of all elements, a scalar; `∂L/∂x` repeats `∂L/∂y`.
  public func sum() -> Variable {
    .recorded(
      "sum", Tensor([value.sum()], shape: []),
      Operand(self) { [shape] in Tensor(repeating: $0.item, shape: shape) })
  }
}
