/// Why a text is not the JSON that we read, and where.
package struct JSONError: UserFacingError, Equatable {
  package enum Reason: Sendable, Equatable {
    case unexpectedEnd(expected: String)
    case unexpected(byte: UInt8, expected: String)
    case invalidUTF8(byte: UInt8)
    case controlCharacter(byte: UInt8)
    case badEscape
    case loneSurrogate
    case badNumber
    case numberTooLarge
    case tooDeep(limit: Int)
    case tooLarge(bytes: Int, limit: Int)
    case tooManyValues(limit: Int)
    case duplicateKey(String, firstLine: Int)
    case trailing(byte: UInt8)
  }

  package var reason: Reason
  package var position: TextPosition
  /// The file, where one is known.
  package var source: String?

  package init(_ reason: Reason, at position: TextPosition, source: String? = nil) {
    self.reason = reason
    self.position = position
    self.source = source
  }

  package var failureClass: FailureClass { .model }

  package var code: String {
    switch reason {
    case .tooDeep: "JSON.DEPTH"
    case .tooLarge, .tooManyValues: "JSON.SIZE"
    case .duplicateKey: "JSON.DUPLICATE"
    case .invalidUTF8, .loneSurrogate: "JSON.UTF8"
    default: "JSON.SYNTAX"
    }
  }

  package var description: String {
    let place = "\(position.line):\(position.column) (byte \(position.byteOffset))"
    let prefix = source.map { "\($0.escapedForMessage()):" } ?? ""
    return "\(prefix)\(place): \(explanation)"
  }

  /// What is wrong, without the place.
  package var explanation: String {
    switch reason {
    case .unexpectedEnd(let expected): "the text ends where \(expected) is expected"
    case .unexpected(let byte, let expected): "expected \(expected), found \(Self.name(byte))"
    case .invalidUTF8(let byte): "not UTF-8: \(Self.name(byte)) cannot stand here"
    case .controlCharacter(let byte):
      "control character \(Self.name(byte)) in a string must be escaped"
    case .badEscape: "unknown escape sequence"
    case .loneSurrogate: "half of a surrogate pair without the other half"
    case .badNumber: "malformed number"
    case .numberTooLarge: "number out of range"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .tooLarge(let bytes, let limit): "\(bytes) bytes of JSON, at most \(limit) are read"
    case .tooManyValues(let limit): "more than \(limit) values"
    case .duplicateKey(let key, let line):
      "key '\(key.escapedForMessage())' occurs twice, first on line \(line)"
    case .trailing(let byte): "text after the end of the value: \(Self.name(byte))"
    }
  }

  package var hint: String? {
    switch reason {
    case .invalidUTF8: "Save the file as UTF-8."
    case .duplicateKey: "Remove one of the two: readers disagree about which one counts."
    default: nil
    }
  }

  private static func name(_ byte: UInt8) -> String {
    (0x21..<0x7F).contains(byte)
      ? "'\(Character(Unicode.Scalar(byte)))'"
      : "byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
  }
}
