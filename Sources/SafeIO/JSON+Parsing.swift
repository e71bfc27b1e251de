extension JSON {
  /// How much of a hostile text is looked at.
  package struct Limits: Sendable {
    package var depth: Int
    package var bytes: Int
    /// How many values; one takes about 50 bytes of memory, however short its text.
    package var values: Int
    /// Whether an object may name a key twice, the last one counting as in Python and in browsers.
    ///
    /// Files must not: readers disagree about which one counts.
    package var allowsRepeatedKeys = false

    /// Depths above 512 are taken for 512, which any thread's stack holds.
    package init(depth: Int = 64, bytes: Int = 128 << 20, values: Int = 8 << 20) {
      self.depth = depth
      self.bytes = bytes
      self.values = values
    }
  }

  /// Reads one JSON text, a byte order mark before it accepted.
  ///
  /// - Complexity: O(bytes).
  package init(parsing bytes: [UInt8], limits: Limits = .init()) throws(JSONError) {
    guard bytes.count <= limits.bytes else {
      let start = TextPosition(line: 1, column: 1, byteOffset: 0)
      throw JSONError(.tooLarge(bytes: bytes.count, limit: limits.bytes), at: start)
    }
    var parser = JSONParser(
      bytes, depthLimit: min(limits.depth, 512), valueLimit: limits.values)
    parser.allowsRepeatedKeys = limits.allowsRepeatedKeys
    self = try parser.document()
  }

  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }

  /// Reads the file at `path`; errors name it.
  package init(parsingFile path: String, limits: Limits = .init()) throws {
    let bytes = try InputFile.contents(of: path, maxBytes: limits.bytes)
    do throws(JSONError) {
      try self.init(parsing: bytes, limits: limits)
    } catch {
      throw JSONError(error.reason, at: error.position, source: path)
    }
  }
}

/// A recursive descent over the bytes; recursion is bounded by `depthLimit`.
struct JSONParser {
  let bytes: [UInt8]
  let depthLimit: Int
  let valueLimit: Int
  var allowsRepeatedKeys = false
  var valueCount = 0
  var index = 0
  var line = 1
  /// Start of the line, moved on by every continuation byte, so that columns count characters.
  var lineStart = 0

  init(_ bytes: [UInt8], depthLimit: Int, valueLimit: Int) {
    self.bytes = bytes
    self.depthLimit = depthLimit
    self.valueLimit = valueLimit
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      index = 3
      lineStart = 3
    }
  }

  var position: TextPosition {
    TextPosition(line: line, column: index - lineStart + 1, byteOffset: index)
  }

  /// The byte at `index`, or 0, which no rule accepts, at the end.
  var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

  func unexpected(_ expected: String) -> JSONError {
    guard index < bytes.count else {
      return JSONError(.unexpectedEnd(expected: expected), at: position)
    }
    return JSONError(.unexpected(byte: bytes[index], expected: expected), at: position)
  }

  mutating func document() throws(JSONError) -> JSON {
    skipSpace()
    let value = try value(depth: 1)
    skipSpace()
    guard index == bytes.count else { throw JSONError(.trailing(byte: bytes[index]), at: position) }
    return value
  }

  mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0D: index += 1
      case 0x0A:
        index += 1
        line += 1
        lineStart = index
      default: return
      }
    }
  }

  mutating func value(depth: Int) throws(JSONError) -> JSON {
    let start = position
    valueCount += 1
    guard valueCount <= valueLimit else {
      throw JSONError(.tooManyValues(limit: valueLimit), at: start)
    }
    switch current {
    case UInt8(ascii: "{"): return JSON(.object(try object(depth: depth)), position: start)
    case UInt8(ascii: "["): return JSON(.array(try array(depth: depth)), position: start)
    case UInt8(ascii: "\""): return JSON(.string(try string()), position: start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return JSON(try number(), position: start)
    case UInt8(ascii: "t"):
      try literal("true")
      return JSON(.bool(true), position: start)
    case UInt8(ascii: "f"):
      try literal("false")
      return JSON(.bool(false), position: start)
    case UInt8(ascii: "n"):
      try literal("null")
      return JSON(.null, position: start)
    default: throw unexpected("a value")
    }
  }

  private mutating func literal(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard current == word.utf8Start[offset] else { throw unexpected("'\(word)'") }
      index += 1
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
    guard depth <= depthLimit else { throw JSONError(.tooDeep(limit: depthLimit), at: position) }
    index += 1
    var elements: [JSON] = []
    skipSpace()
    if current == UInt8(ascii: "]") {
      index += 1
      return elements
    }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      switch current {
      case UInt8(ascii: ","):
        index += 1
        skipSpace()
      case UInt8(ascii: "]"):
        index += 1
        return elements
      default: throw unexpected("',' or ']'")
      }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    guard depth <= depthLimit else { throw JSONError(.tooDeep(limit: depthLimit), at: position) }
    index += 1
    var members = JSONObject()
    skipSpace()
    if current == UInt8(ascii: "}") {
      index += 1
      return members
    }
    while true {
      let start = position
      guard current == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let key = try string()
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw unexpected("':'") }
      index += 1
      skipSpace()
      let value = try value(depth: depth + 1)
      if let first = members.insertUnlessPresent(key, value) {
        guard allowsRepeatedKeys else {
          throw repetition(of: key, members.values[first], at: start)
        }
        members[key] = value
      }
      skipSpace()
      switch current {
      case UInt8(ascii: ","):
        index += 1
        skipSpace()
      case UInt8(ascii: "}"):
        index += 1
        return members
      default: throw unexpected("',' or '}'")
      }
    }
  }

  private func repetition(of key: String, _ first: JSON, at start: TextPosition) -> JSONError {
    JSONError(.duplicateKey(key, firstLine: first.position.line), at: start)
  }
}
