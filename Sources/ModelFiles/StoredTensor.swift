/// One tensor as a file stores it.
///
/// Its sizes have been checked against the file's.
package struct StoredTensor: Sendable, Equatable {
  package var name: String
  /// Extents in row-major order, the outermost first.
  package var shape: [Int]
  package var type: StoredType
  package var byteCount: Int
  /// Where its bytes begin in the file.
  var fileOffset: Int

  init(name: String, shape: [Int], type: StoredType, byteCount: Int, fileOffset: Int) {
    self.name = name
    self.shape = shape
    self.type = type
    self.byteCount = byteCount
    self.fileOffset = fileOffset
  }

  package var elementCount: Int { shape.reduce(1, *) }

  /// Elements of the innermost extent, which lie together.
  package var rowLength: Int { shape.last ?? 1 }

  package var rowCount: Int { rowLength == 0 ? 0 : elementCount / rowLength }

  package var bytesPerRow: Int { rowLength / type.blockElements * type.blockBytes }
}

/// Multiplications of numbers from a file.
enum CheckedSize {
  static func product(_ factors: some Sequence<Int>) -> Int? {
    var result = 1
    for factor in factors {
      let (product, overflow) = result.multipliedReportingOverflow(by: factor)
      guard !overflow, factor >= 0 else { return nil }
      result = product
    }
    return result
  }

  static func sum(_ a: Int, _ b: Int) -> Int? {
    let (result, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : result
  }

  /// The next multiple of `alignment` that is at least `value`.
  static func padded(_ value: Int, to alignment: Int) -> Int? {
    guard let raised = sum(value, alignment - 1) else { return nil }
    return raised - raised % alignment
  }
}
