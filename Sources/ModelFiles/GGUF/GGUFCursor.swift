import SafeIO

/// Reads a GGUF header through a window on the file, whatever lengths the file claims.
struct GGUFCursor {
  let file: InputFile
  private(set) var offset = 0
  private var window: [UInt8] = []
  private var windowStart = 0

  private static let windowBytes = 1 << 18

  init(_ file: InputFile) { self.file = file }

  var remaining: Int { file.size - offset }

  /// Makes the next `count` bytes available and returns where they begin in `window`.
  private mutating func need(_ count: Int) throws -> Int {
    guard count >= 0, count <= remaining else {
      throw ModelFileError(
        file.path, .ggufEnd(offset: offset, wanted: count, available: remaining))
    }
    if offset - windowStart > window.count || count > window.count - (offset - windowStart) {
      window = []
      window = try file.read(offset: offset, count: min(max(count, Self.windowBytes), remaining))
      windowStart = offset
    }
    return offset - windowStart
  }

  mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type = T.self) throws
    -> T
  {
    let width = T.bitWidth / 8
    let start = try need(width)
    var value: T = 0
    for place in 0..<width { value |= T(window[start + place]) << T(8 * place) }
    offset += width
    return value
  }

  mutating func bytes(count: Int) throws -> [UInt8] {
    let start = try need(count)
    offset += count
    return Array(window[start..<(start + count)])
  }

  /// A string: its length in 64 bits, then UTF-8.
  mutating func string() throws -> String {
    let start = offset
    let length = try integer(UInt64.self)
    guard length <= UInt64(remaining), length <= 1 << 30 else {
      throw ModelFileError(
        file.path,
        .ggufString(offset: start, reason: "length \(length), \(remaining) bytes are left"))
    }
    let place = try need(Int(length))
    let text = window[place..<(place + Int(length))]
    // Validation and copy in one pass; the standard library's own validator is vectorised.
    guard let string = String(validating: text, as: UTF8.self) else {
      throw ModelFileError(file.path, .ggufString(offset: start, reason: "not UTF-8"))
    }
    offset += Int(length)
    return string
  }
}
