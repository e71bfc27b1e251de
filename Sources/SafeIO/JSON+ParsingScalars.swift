extension JSONParser {
  /// No number that means anything is longer; refusing the rest keeps conversion linear.
  private static let longestNumber = 4096

  /// Reads a number: an integer where it is written as one, else a `Double`.
  mutating func number() throws(JSONError) -> JSON.Kind {
    let start = index
    let startPosition = position
    let isNegative = current == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let firstDigit = index
    var magnitude: Int? = 0
    while let digit = digit {
      magnitude = magnitude.flatMap { Self.appending(digit, to: $0, negative: isNegative) }
      index += 1
    }
    guard index > firstDigit, index == firstDigit + 1 || bytes[firstDigit] != UInt8(ascii: "0")
    else { throw JSONError(.badNumber, at: startPosition) }

    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      index += 1
      try digits(startPosition)
    }
    if current | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      index += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
      try digits(startPosition)
    }
    if isInteger, let magnitude { return .integer(magnitude) }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    guard index - start <= Self.longestNumber, let value = Double(text), value.isFinite else {
      throw JSONError(.numberTooLarge, at: startPosition)
    }
    return isInteger ? .largeInteger(text) : .number(value)
  }

  private var digit: Int? {
    let byte = current
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte & 15) : nil
  }

  private static func appending(_ digit: Int, to value: Int, negative: Bool) -> Int? {
    let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
    let (result, overflowToo) =
      negative
      ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
    return overflow || overflowToo ? nil : result
  }

  private mutating func digits(_ start: TextPosition) throws(JSONError) {
    guard digit != nil else { throw JSONError(.badNumber, at: start) }
    while digit != nil { index += 1 }
  }

  /// Reads a string in quotes; bytes are checked to be UTF-8 on the way.
  mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    try skipPlainBytes()
    if current == UInt8(ascii: "\"") {
      index += 1
      return String(decoding: bytes[start..<(index - 1)], as: UTF8.self)
    }
    var text = Array(bytes[start..<index])
    while current == UInt8(ascii: "\\") {
      try escape(into: &text)
      let plain = index
      try skipPlainBytes()
      text.append(contentsOf: bytes[plain..<index])
    }
    index += 1
    return String(decoding: text, as: UTF8.self)
  }

  /// Stops at a quote or a backslash.
  private mutating func skipPlainBytes() throws(JSONError) {
    while true {
      guard index < bytes.count else { throw unexpected("'\"'") }
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
      if byte < 0x20 { throw JSONError(.controlCharacter(byte: byte), at: position) }
      if byte < 0x80 {
        index += 1
        continue
      }
      guard let length = UTF8Check.sequenceLength(in: bytes, at: index) else {
        throw JSONError(.invalidUTF8(byte: byte), at: position)
      }
      index += length
      lineStart += length - 1
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    let start = position
    index += 1
    let byte = current
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let scalar = try escapedScalar(start)
      text.append(contentsOf: String(Character(scalar)).utf8)
    default: throw JSONError(.badEscape, at: start)
    }
  }

  private mutating func escapedScalar(_ start: TextPosition) throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits(start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, current == UInt8(ascii: "\\"), index + 1 < bytes.count,
      bytes[index + 1] == UInt8(ascii: "u")
    else { throw JSONError(.loneSurrogate, at: start) }
    index += 2
    let second = try fourHexDigits(start)
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw JSONError(.loneSurrogate, at: start) }
    return scalar
  }

  private mutating func fourHexDigits(_ start: TextPosition) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = current
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte & 15)
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        value = value << 4 | UInt32((byte & 15) + 9)
      default: throw JSONError(.badEscape, at: start)
      }
      index += 1
    }
    return value
  }
}
