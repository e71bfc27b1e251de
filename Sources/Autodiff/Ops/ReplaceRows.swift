package import TensorCore

extension Variable {
  /// The same rows, but for those at `places`, which are the rows of `other` in turn.
  ///
  /// `∂L/∂other` is the upstream gradient's rows there, and `∂L/∂x` has zeros in them.
  ///
  /// - Parameters:
  ///   - places: Rows of `self`, each at most once.
  ///   - other: `[places.count, columns]`.
  /// - Returns: As many rows as before.
  public func replacingRows(_ places: [Int32], with other: Variable) -> Variable {
    .recorded(
      "replaceRows", value.replacingRows(places, with: other.value),
      Operand(self) { [shape = other.shape] in
        $0.replacingRows(places, with: Tensor.zeros(shape))
      },
      Operand(other) { $0.gatheringRows(places) })
  }
}

extension Tensor {
  /// A copy whose rows at `places` are the rows of `other` in turn.
  package func replacingRows(_ places: [Int32], with other: Tensor) -> Tensor {
    let columns = shape.last
    require(
      other.shape.rows == places.count && other.shape.last == columns,
      "replacingRows: \(other.shape) for \(places.count) rows of \(shape)")
    var result = self
    result.withUnsafeMutablePointer { out in
      other.withUnsafePointer { x in
        for (row, place) in places.enumerated() {
          require(place >= 0 && Int(place) < shape.rows, "replacingRows: row \(place) of \(shape)")
          (out + Int(place) * columns).update(from: x + row * columns, count: columns)
        }
      }
    }
    return result
  }
}
