import TensorCore

extension Variable {
  /// Element `indices[r]` of each row `r`, `[rows, 1]`; `∂L/∂x` is zero elsewhere.
  public func pickingColumns(_ indices: [Int32]) -> Variable {
    let (rows, columns) = (shape.rows, shape.last)
    require(indices.count == rows, "pickingColumns: \(indices.count) indices for \(shape)")
    for index in indices {
      require(index >= 0 && Int(index) < columns, "pickingColumns: column \(index) of \(shape)")
    }
    let picked = Tensor<Scalar>(shape: [rows, 1]) { out in
      value.withUnsafePointer { x in
        for (row, index) in indices.enumerated() { out[row] = x[row * columns + Int(index)] }
      }
    }
    return .recorded(
      "pickColumns", picked,
      Operand(self) { [shape] upstream in
        Tensor(shape: shape) { out in
          out.zero(shape.count)
          upstream.withUnsafePointer { dy in
            for (row, index) in indices.enumerated() { out[row * columns + Int(index)] = dy[row] }
          }
        }
      })
  }
}
