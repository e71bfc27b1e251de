/// Whether an answer is the reference, white space at both ends aside.
package enum ExactMatch {
  /// Compared byte by byte: canonically equivalent spellings are different answers.
  package static func isMatch(_ prediction: String, _ reference: String) -> Bool {
    trimmed(prediction).elementsEqual(trimmed(reference))
  }

  /// Whether both have the same first line, white space at its end aside; what a line is completed to.
  package static func isFirstLine(_ prediction: String, _ reference: String) -> Bool {
    firstLine(prediction).elementsEqual(firstLine(reference))
  }

  private static func firstLine(_ text: String) -> Substring.UTF8View.SubSequence {
    let line = text.utf8.prefix { $0 != 0x0A }
    let end = line.lastIndex { $0 != 0x20 && !(0x09...0x0D).contains($0) }
    return end.map { line[...$0] } ?? line.prefix(0)
  }

  static func trimmed(_ text: String) -> Substring.UTF8View {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let bytes = text.utf8
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return Substring().utf8 }
    return Substring(text[first...last]).utf8
  }
}
