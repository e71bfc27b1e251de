/// What normal form C knows of characters, Hangul apart: built once from the lists beside this file.
struct NormalizationTables: Sendable {
  static let shared = NormalizationTables()

  /// One or two characters that a character comes apart into.
  struct Parts: Sendable {
    var first: UInt32
    var second: UInt32?
  }

  private var parts: [UInt32: Parts] = [:]
  private var classes: [UInt32: UInt8] = [:]
  private var composites: [UInt64: UInt32] = [:]
  /// A bit for each character that can make text differ from its normal form.
  private var sensitive = [UInt64](repeating: 0, count: 0x110000 / 64)

  private init() {
    for at in stride(from: 0, to: Self.singles.count, by: 2) {
      parts[Self.singles[at]] = Parts(first: Self.singles[at + 1])
      mark(Self.singles[at])
    }
    let excluded = Set(Self.excluded)
    for point in Self.excluded { mark(point) }
    for at in stride(from: 0, to: Self.pairs.count, by: 3) {
      let (whole, first, second) = (Self.pairs[at], Self.pairs[at + 1], Self.pairs[at + 2])
      parts[whole] = Parts(first: first, second: second)
      if excluded.contains(whole) { continue }
      composites[Self.key(first, second)] = whole
      mark(second)
    }
    for at in stride(from: 0, to: Self.classes.count, by: 3) {
      for point in Self.classes[at]...Self.classes[at + 1] {
        classes[point] = UInt8(truncatingIfNeeded: Self.classes[at + 2])
        mark(point)
      }
    }
    for point in Hangul.vowels { mark(point) }
    for point in Hangul.finals { mark(point) }
  }

  private mutating func mark(_ point: UInt32) {
    sensitive[Int(point / 64)] |= 1 << UInt64(point % 64)
  }

  private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 32 | UInt64(second)
  }

  /// Whether text with this character may not be in normal form C; text without any such is.
  func isSensitive(_ point: UInt32) -> Bool {
    sensitive[Int(point / 64)] >> UInt64(point % 64) & 1 != 0
  }

  /// What `point` comes apart into, nil where it stays.
  func parts(of point: UInt32) -> Parts? { parts[point] }

  /// The combining class: marks of different classes are ordered by it, 0 stays where it is.
  func combiningClass(_ point: UInt32) -> UInt8 { isSensitive(point) ? classes[point] ?? 0 : 0 }

  /// The character that two compose to, nil where they stay apart.
  func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.composite(first, second) ?? composites[Self.key(first, second)]
  }
}

/// Korean syllables, which compose by arithmetic (The Unicode Standard, section 3.12).
enum Hangul {
  static let vowels: Range<UInt32> = 0x1161..<0x1176
  static let finals: Range<UInt32> = 0x11A8..<0x11C3
  private static let leads: Range<UInt32> = 0x1100..<0x1113
  private static let syllables: Range<UInt32> = 0xAC00..<0xD7A4

  /// A lead and a vowel, or a syllable without final consonant and one, as one syllable.
  static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if leads.contains(first), vowels.contains(second) {
      return syllables.lowerBound
        + ((first - leads.lowerBound) * 21 + second - vowels.lowerBound) * 28
    }
    let isOpen = syllables.contains(first) && (first - syllables.lowerBound) % 28 == 0
    guard isOpen, finals.contains(second) else { return nil }
    return first + second - finals.lowerBound + 1
  }
}
