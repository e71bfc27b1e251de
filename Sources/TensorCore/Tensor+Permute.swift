extension Tensor {
  /// The elements with dimensions in another order: dimension `i` of the result is `order[i]` of `self`.
  ///
  /// - Precondition: `order` names each dimension once.
  public func permuted(_ order: [Int]) -> Tensor {
    require(
      order.sorted() == Array(0..<shape.rank), "permuted: order \(order) of \(shape)")
    var strides = [Int](repeating: 1, count: shape.rank)
    for index in stride(from: shape.rank - 2, through: 0, by: -1) {
      strides[index] = strides[index + 1] * shape[index + 1]
    }
    let result = Shape(order.map { shape[$0] })
    let steps = order.map { strides[$0] }
    return Tensor(shape: result) { out in
      withUnsafePointer { x in
        var index = [Int](repeating: 0, count: result.rank)
        var source = 0
        for target in 0..<result.count {
          out[target] = x[source]
          for axis in stride(from: result.rank - 1, through: 0, by: -1) {
            index[axis] += 1
            source += steps[axis]
            if index[axis] < result[axis] { break }
            source -= steps[axis] * result[axis]
            index[axis] = 0
          }
        }
      }
    }
  }

  /// The transpose of a matrix, copied.
  public func transposed() -> Tensor { permuted([1, 0]) }

  /// Columns `range` of each row, copied.
  public func columns(_ range: Range<Int>) -> Tensor {
    let width = shape.last
    require(
      range.lowerBound >= 0 && range.upperBound <= width, "columns: \(range) of \(shape)")
    return Tensor(shape: shape.replacingLast(by: range.count)) { out in
      withUnsafePointer { x in
        for row in 0..<shape.rows {
          (out + row * range.count).update(
            from: x + row * width + range.lowerBound, count: range.count)
        }
      }
    }
  }
}
