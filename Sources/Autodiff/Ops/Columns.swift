package import TensorCore

extension Variable {
  /// Columns `range` of each row; `∂L/∂x` is zero elsewhere.
  public func columns(_ range: Range<Int>) -> Variable {
    .recorded(
      "columns", value.columns(range),
      Operand(self) { [shape] in $0.padded(columns: range, of: shape) })
  }
}

extension Tensor {
  /// A tensor of `shape` that holds `self` in columns `range` and zeros elsewhere.
  package func padded(columns range: Range<Int>, of shape: Shape) -> Tensor {
    Tensor(shape: shape) { out in
      out.zero(shape.count)
      withUnsafePointer { x in
        for row in 0..<shape.rows {
          (out + row * shape.last + range.lowerBound).update(
            from: x + row * range.count, count: range.count)
        }
      }
    }
  }
}
