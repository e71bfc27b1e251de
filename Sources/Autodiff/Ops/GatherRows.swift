import TensorCore

extension Variable {
  /// Rows `indices` of a table, as an embedding looks tokens up; `∂L/∂table` adds each row back.
  ///
  /// - Returns: `[indices.count, columns]`, for `self` of shape `[rows, columns]`.
  public func gatheringRows(_ indices: [Int32]) -> Variable {
    .recorded(
      "gatherRows", value.gatheringRows(indices),
      Operand(self) { [rows = shape.rows] in $0.scatteringRows(indices, rows: rows) })
  }
}
