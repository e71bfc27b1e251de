import TensorCore

extension Variable {
  /// The same columns, but for those at `places`, which are the columns of `other` in turn.
  ///
  /// - Parameters:
  ///   - places: Columns of `self`, each at most once.
  ///   - other: `[rows, places.count]`.
  /// - Returns: As many columns as before.
  public func replacingColumns(_ places: [Int32], with other: Variable) -> Variable {
    var replaced = value
    replaced.replaceColumns(places, with: other.value)
    return .recorded(
      "replaceColumns", replaced,
      Operand(self) { [shape = other.shape] upstream in
        var gradient = upstream
        gradient.replaceColumns(places, with: .zeros(shape))
        return gradient
      },
      Operand(other) { $0.gatheringColumns(places) })
  }
}

extension Tensor {
  /// Writes the columns of `other` in turn into those at `places`.
  mutating func replaceColumns(_ places: [Int32], with other: Tensor) {
    let (rows, columns) = (shape.rows, shape.last)
    require(
      other.shape.rows == rows && other.shape.last == places.count,
      "replaceColumns: \(other.shape) for \(places.count) columns of \(shape)")
    for place in places {
      require(place >= 0 && Int(place) < columns, "replaceColumns: column \(place) of \(shape)")
    }
    withUnsafeMutablePointer { out in
      other.withUnsafePointer { x in
        for row in 0..<rows {
          for (index, place) in places.enumerated() {
            out[row * columns + Int(place)] = x[row * places.count + index]
          }
        }
      }
    }
  }

  /// Columns `places`, `[rows, places.count]`.
  func gatheringColumns(_ places: [Int32]) -> Tensor {
    let (rows, columns) = (shape.rows, shape.last)
    return Tensor(shape: [rows, places.count]) { out in
      withUnsafePointer { x in
        for row in 0..<rows {
          for (index, place) in places.enumerated() {
            out[row * places.count + index] = x[row * columns + Int(place)]
          }
        }
      }
    }
  }
}
