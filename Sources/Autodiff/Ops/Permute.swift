import TensorCore

extension Variable {
  /// The elements with dimensions in another order; `∂L/∂x` puts them back.
  public func permuted(_ order: [Int]) -> Variable {
    var inverse = order
    for (index, axis) in order.enumerated() { inverse[axis] = index }
    return .recorded(
      "permute", value.permuted(order), Operand(self) { [inverse] in $0.permuted(inverse) })
  }
}
