import TensorCore

extension Variable {
  /// Two tensors side by side, `[…, m]` and `[…, n]` into `[…, m + n]`.
  public func concatenatingColumns(_ other: Variable) -> Variable {
    let (left, right) = (shape.last, other.shape.last)
    let whole = shape.replacingLast(by: left + right)
    require(
      shape.rows == other.shape.rows, "concatenatingColumns: \(shape) and \(other.shape)")
    let joined =
      value.padded(columns: 0..<left, of: whole)
      + other.value.padded(columns: left..<left + right, of: whole)
    return .recorded(
      "concatenateColumns", joined, Operand(self) { $0.columns(0..<left) },
      Operand(other) { $0.columns(left..<left + right) })
  }
}
