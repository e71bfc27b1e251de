/// What the pre-tokenizers ask about a character: a set of the bits below, none for "other".
enum CharacterClass {
  static let letter: UInt8 = 1
  static let number: UInt8 = 2
  static let space: UInt8 = 4
  /// CR or LF; these are also spaces.
  static let newline: UInt8 = 8
  /// What the `Digits` splitter isolates: numbers, and a few characters newer than `\p{N}`.
  static let digit: UInt8 = 16

  /// The class of every code point.
  ///
  /// One byte each: a lookup is one load, and text touches few lines.
  static let table: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 0x110000)
    func mark(_ ranges: [UInt32], _ bits: UInt8) {
      for i in stride(from: 0, to: ranges.count, by: 2) {
        for point in ranges[i]...ranges[i + 1] { table[Int(point)] |= bits }
      }
    }
    mark(UnicodeRanges.letters, letter)
    mark(UnicodeRanges.numbers, number | digit)
    mark(UnicodeRanges.digitsOnly, digit)
    mark(UnicodeRanges.spaces, space)
    mark([0x0A, 0x0A, 0x0D, 0x0D], newline)
    return table
  }()
}

/// Reads classes from UTF-8; a byte that is not valid UTF-8 counts as one "other" character.
struct ClassReader {
  let text: UnsafeBufferPointer<UInt8>
  let table: UnsafeBufferPointer<UInt8>

  /// The class of the character at `index` and its length in bytes; `index` must be in range.
  @inline(__always)
  func character(at index: Int, before end: Int) -> (bits: UInt8, length: Int) {
    let lead = text[index]
    if lead < 0x80 { return (table[Int(lead)], 1) }
    return multibyte(lead, at: index, before: end)
  }

  private func multibyte(_ lead: UInt8, at index: Int, before end: Int) -> (UInt8, Int) {
    func continuation(_ offset: Int) -> Int? {
      guard index + offset < end, text[index + offset] & 0xC0 == 0x80 else { return nil }
      return Int(text[index + offset] & 0x3F)
    }
    guard lead >= 0xC2, lead < 0xF5, let second = continuation(1) else { return (0, 1) }
    if lead < 0xE0 { return (table[Int(lead & 0x1F) << 6 | second], 2) }
    guard let third = continuation(2) else { return (0, 1) }
    if lead < 0xF0 {
      let point = Int(lead & 0x0F) << 12 | second << 6 | third
      guard point >= 0x800, !(0xD800..<0xE000).contains(point) else { return (0, 1) }
      return (table[point], 3)
    }
    guard let fourth = continuation(3) else { return (0, 1) }
    let point = Int(lead & 0x07) << 18 | second << 12 | third << 6 | fourth
    guard (0x10000..<0x110000).contains(point) else { return (0, 1) }
    return (table[point], 4)
  }
}
