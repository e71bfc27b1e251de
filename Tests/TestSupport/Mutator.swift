import SafeIO

/// Damages bytes in the ways that break readers; the same case number gives the same mutant.
///
/// It knows no format but for the pieces that it is given: integers at their boundaries, lengths off by one, pieces doubled, cut, moved
/// or swapped, bits flipped, numbers in text replaced.
package struct Mutator {
  /// Where most of the damage goes, such as a header in front of much data.
  package var focus: Range<Int>
  private let original: [UInt8]
  private let pieces: [[UInt8]]

  /// - Parameters:
  ///   - original: What is damaged.
  ///   - focus: Where most of the damage goes; everywhere, unless given.
  ///   - pieces: Words of the format, which are put in at the wrong places.
  package init(_ original: [UInt8], focus: Range<Int>? = nil, pieces: [String] = []) {
    self.original = original
    self.pieces = pieces.map { Array($0.utf8) }
    self.focus = (focus ?? original.indices).clamped(to: original.indices)
  }

  private static let boundaries: [UInt64] = [
    0, 1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 32_767, 32_768, 65_535,
    65_536, 1 << 20, 1 << 30, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 60,
    0x7FFF_FFFF_FFFF_FFFF, 1 << 63, .max - 31, .max - 7, .max - 1, .max,
  ]

  private static let textNumbers = [
    "0", "-1", "1", "-0", "1.0", "1e3", "0.5", "1e999", "-1e-999", "9223372036854775807",
    "9223372036854775808", "4611686018427387904", "18446744073709551615", "null", "true", "\"\"",
    "[]", "{}", "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]",
  ]

  /// The mutant of this number, with one to three kinds of damage.
  package func mutant(_ number: UInt64) -> [UInt8] {
    var random = SplitMix(state: number &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03)
    var bytes = original
    for _ in 0...random.below(3) { damage(&bytes, &random) }
    return bytes
  }

  private func place(_ bytes: [UInt8], _ random: inout SplitMix) -> Int {
    guard !bytes.isEmpty else { return 0 }
    let range = focus.clamped(to: bytes.indices)
    if !range.isEmpty && random.below(8) > 0 { return range.lowerBound + random.below(range.count) }
    return random.below(bytes.count)
  }

  private func piece(_ bytes: [UInt8], _ random: inout SplitMix) -> Range<Int> {
    let start = place(bytes, &random)
    let length = random.below(4) == 0 ? random.below(1024) : random.below(32)
    return start..<min(bytes.count, start + 1 + length)
  }

  private func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    guard !bytes.isEmpty else { return }
    let at = place(bytes, &random)
    switch random.below(pieces.isEmpty ? 12 : 16) {
    case 0: bytes[at] ^= 1 << UInt8(random.below(8))
    case 1: bytes[at] = UInt8(random.below(256))
    case 2, 3: write(Self.boundaries[random.below(Self.boundaries.count)], at, &bytes, &random)
    case 4: bytes[at] &+= random.below(2) == 0 ? 1 : 255
    case 5: bytes.removeSubrange(at...)
    case 6: bytes.insert(contentsOf: bytes[piece(bytes, &random)], at: at)
    case 7: bytes.removeSubrange(piece(bytes, &random))
    case 8:
      let source = Array(bytes[piece(bytes, &random)])
      for (offset, byte) in source.enumerated() where at + offset < bytes.count {
        bytes[at + offset] = byte
      }
    case 9:
      let first = piece(bytes, &random)
      let second = piece(bytes, &random)
      guard first.upperBound <= second.lowerBound else { return }
      let moved = Array(bytes[first])
      bytes.replaceSubrange(second, with: moved)
    case 10:
      bytes.insert(contentsOf: (0...random.below(9)).map { _ in UInt8(random.below(256)) }, at: at)
    case 11: replaceNumber(near: at, &bytes, &random)
    case 12, 13: bytes.insert(contentsOf: pieces[random.below(pieces.count)], at: at)
    default: bytes.replaceSubrange(piece(bytes, &random), with: pieces[random.below(pieces.count)])
    }
  }

  /// Writes an integer of 1, 2, 4 or 8 bytes, little-endian.
  private func write(_ value: UInt64, _ at: Int, _ bytes: inout [UInt8], _ random: inout SplitMix) {
    for place in 0..<(1 << random.below(4)) where at + place < bytes.count {
      bytes[at + place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * place))
    }
  }

  private func replaceNumber(near at: Int, _ bytes: inout [UInt8], _ random: inout SplitMix) {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    guard let start = bytes[at...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
    let number = Self.textNumbers[random.below(Self.textNumbers.count)]
    bytes.replaceSubrange(start..<end, with: number.utf8)
  }

  /// Steele, Lea and Flood's SplitMix64.
  private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  }
}
