/// Why bytes could not be taken from a `ByteCursor`.
package enum ByteCursorError: UserFacingError, Equatable {
  case truncated(offset: Int, wanted: Int, available: Int)
  case negativeCount(offset: Int, count: Int)

  package var failureClass: FailureClass { .model }
  package var code: String { "BYTES.TRUNCATED" }
  package var hint: String? { "The file is damaged or incomplete; fetch it again." }
  package var description: String {
    switch self {
    case .truncated(let offset, let wanted, let available):
      "at byte \(offset): \(wanted) bytes are needed, \(available) are left"
    case .negativeCount(let offset, let count): "at byte \(offset): a count of \(count)"
    }
  }
}

/// Reads little-endian values from bytes of unknown honesty; every read is checked and throws.
package struct ByteCursor {
  package let bytes: [UInt8]
  package private(set) var offset: Int

  package init(_ bytes: [UInt8], offset: Int = 0) {
    self.bytes = bytes
    self.offset = min(max(offset, 0), bytes.count)
  }

  package var remaining: Int { bytes.count - offset }

  package mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self)
    throws(ByteCursorError) -> T
  {
    let width = T.bitWidth / 8
    try check(width)
    var value: T.Magnitude = 0
    for place in 0..<width {
      value |= T.Magnitude(truncatingIfNeeded: bytes[offset + place]) << T.Magnitude(8 * place)
    }
    offset += width
    return T(truncatingIfNeeded: value)
  }

  package mutating func float32() throws(ByteCursorError) -> Float {
    Float(bitPattern: try integer(UInt32.self))
  }

  package mutating func float64() throws(ByteCursorError) -> Double {
    Double(bitPattern: try integer(UInt64.self))
  }

  package mutating func bytes(count: Int) throws(ByteCursorError) -> ArraySlice<UInt8> {
    try check(count)
    defer { offset += count }
    return bytes[offset..<(offset + count)]
  }

  package mutating func skip(_ count: Int) throws(ByteCursorError) {
    try check(count)
    offset += count
  }

  private func check(_ count: Int) throws(ByteCursorError) {
    guard count >= 0 else { throw .negativeCount(offset: offset, count: count) }
    guard count <= remaining else {
      throw .truncated(offset: offset, wanted: count, available: remaining)
    }
  }
}
