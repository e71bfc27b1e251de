extension JSON {
  /// The text of this value.
  ///
  /// Numbers are the shortest that read back as the same `Double`. JSON has no text for numbers
  /// that are not finite; `null` stands for them.
  ///
  /// - Parameters:
  ///   - pretty: One member a line, two spaces of indentation.
  ///   - sortedKeys: Members in the order of their keys' bytes instead of their own.
  ///   - asciiOnly: Characters beyond ASCII as `\u` escapes.
  /// - Returns: One line without a line feed at its end, or several if `pretty`.
  package func serialized(
    pretty: Bool = false, sortedKeys: Bool = false, asciiOnly: Bool = false
  ) -> String {
    var writer = JSONWriter(pretty: pretty, sortedKeys: sortedKeys, asciiOnly: asciiOnly)
    writer.write(self, depth: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

private struct JSONWriter {
  let pretty: Bool
  let sortedKeys: Bool
  let asciiOnly: Bool
  var bytes: [UInt8] = []

  init(pretty: Bool, sortedKeys: Bool, asciiOnly: Bool) {
    self.pretty = pretty
    self.sortedKeys = sortedKeys
    self.asciiOnly = asciiOnly
  }

  mutating func write(_ value: JSON, depth: Int) {
    switch value.kind {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .integer(let number): append(String(number))
    case .largeInteger(let digits): append(digits)
    case .number(let number): append(number.isFinite ? String(number) : "null")
    case .string(let text): write(text)
    case .array(let elements):
      list("[", "]", count: elements.count, depth: depth) { writer, index in
        writer.write(elements[index], depth: depth + 1)
      }
    case .object(let object):
      let order = order(of: object)
      list("{", "}", count: order.count, depth: depth) { writer, index in
        writer.write(object.keys[order[index]])
        writer.append(writer.pretty ? ": " : ":")
        writer.write(object.values[order[index]], depth: depth + 1)
      }
    }
  }

  private func order(of object: JSONObject) -> [Int] {
    guard sortedKeys else { return Array(0..<object.count) }
    return (0..<object.count).sorted {
      object.keys[$0].utf8.lexicographicallyPrecedes(object.keys[$1].utf8)
    }
  }

  private mutating func list(
    _ open: String, _ close: String, count: Int, depth: Int,
    element: (inout JSONWriter, Int) -> Void
  ) {
    append(open)
    for index in 0..<count {
      if index > 0 { append(",") }
      newLine(depth + 1)
      element(&self, index)
    }
    if count > 0 { newLine(depth) }
    append(close)
  }

  private mutating func newLine(_ depth: Int) {
    guard pretty else { return }
    bytes.append(0x0A)
    for _ in 0..<(2 * depth) { bytes.append(0x20) }
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(_ text: String) {
    bytes.append(0x22)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: append("\\\"")
      case 0x5C: append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F: escape(UInt16(scalar.value))
      case 0..<0x80: bytes.append(UInt8(scalar.value))
      default:
        if asciiOnly {
          for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] { escape(unit) }
        } else {
          bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        }
      }
    }
    bytes.append(0x22)
  }

  private mutating func escape(_ unit: UInt16) {
    let digits = String(unit, radix: 16)
    append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
  }
}
