import Foundation

/// Unicode normalization form C, which the Qwen tokenizers ask for, as the `tokenizers` library
/// does it: with the tables of Unicode 10.
///
/// Newer characters neither move, nor compose, nor come apart.
///
/// Foundation does the work between such characters. Hangul is composed here, because Foundation on
/// Linux leaves a syllable and the final consonant after it apart.
enum Normalization {
  /// The composed form of `text`, or nil where that is `text` itself.
  ///
  /// Bytes that are not valid UTF-8 have no normal form and stay as they are.
  static func composed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    // Below U+0300, which begins with 0xCC, nothing composes.
    guard text.contains(where: { $0 >= 0xCC }),
      let string = String(validating: text, as: UTF8.self)
    else { return nil }
    let result = Array(composed(string).utf8)
    return result.elementsEqual(text) ? nil : result
  }

  /// The composed form of `text`.
  static func composed(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var pending = String.UnicodeScalarView()
    func flush() {
      guard !pending.isEmpty else { return }
      let composed = String(pending).precomposedStringWithCanonicalMapping
      result.append(contentsOf: composed.unicodeScalars)
      pending.removeAll(keepingCapacity: true)
    }
    for scalar in text.unicodeScalars {
      if isHangul(scalar.value) {
        flush()
        if let last = result.last, let syllable = syllable(last.value, scalar.value) {
          result.removeLast()
          result.append(syllable)
        } else {
          result.append(scalar)
        }
      } else if scalar.value >= 0x7FD, isNew(scalar.value) {
        flush()
        result.append(scalar)
      } else {
        pending.append(scalar)
      }
    }
    flush()
    return String(result)
  }

  private static func isHangul(_ value: UInt32) -> Bool {
    (0x1100..<0x1200).contains(value) || (0xAC00..<0xD7A4).contains(value)
  }

  /// A leading consonant and a vowel, or a syllable without final consonant and one, as one syllable.
  private static func syllable(_ first: UInt32, _ second: UInt32) -> Unicode.Scalar? {
    if (0x1100..<0x1113).contains(first), (0x1161..<0x1176).contains(second) {
      return Unicode.Scalar(0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28)
    }
    let isOpen = (0xAC00..<0xD7A4).contains(first) && (first - 0xAC00) % 28 == 0
    guard isOpen, (0x11A8..<0x11C3).contains(second) else { return nil }
    return Unicode.Scalar(first + second - 0x11A7)
  }

  /// Whether normalization says something about the character that Unicode 10 did not.
  private static func isNew(_ value: UInt32) -> Bool {
    var low = 0
    var high = new.count
    while low < high {
      let middle = (low + high) / 2
      if new[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < new.count && new[low].contains(value)
  }

  /// Characters since Unicode 11 that have a combining class, come apart, or compose.
  private static let new: [ClosedRange<UInt32>] = [
    0x7FD...0x7FD, 0x897...0x89F, 0x8CA...0x8D3, 0x9FE...0x9FE, 0xC3C...0xC3C, 0xEBA...0xEBA,
    0x1715...0x1715, 0x1ABF...0x1ADD, 0x1AE0...0x1AEB, 0x1DFA...0x1DFA, 0xA82C...0xA82C,
    0x10D24...0x10D27, 0x10D69...0x10D6D, 0x10EAB...0x10EAC, 0x10EFA...0x10EFB, 0x10EFD...0x10EFF,
    0x10F46...0x10F50, 0x10F82...0x10F85, 0x11070...0x11070, 0x1133B...0x1133B, 0x113CE...0x113D0,
    0x1145E...0x1145E, 0x11839...0x1183A, 0x11930...0x11930, 0x11935...0x11935, 0x11938...0x11938,
    0x1193D...0x1193E, 0x11943...0x11943, 0x119E0...0x119E0, 0x11D97...0x11D97, 0x11F41...0x11F42,
    0x1612F...0x1612F, 0x16FF0...0x16FF1, 0x1E08F...0x1E08F, 0x1E130...0x1E136, 0x1E2AE...0x1E2AE,
    0x1E2EC...0x1E2EF, 0x1E4EC...0x1E4EF, 0x1E5EE...0x1E5EF, 0x1E6E3...0x1E6E3, 0x1E6E6...0x1E6E6,
    0x1E6EE...0x1E6EF, 0x1E6F5...0x1E6F5,
  ]
}
