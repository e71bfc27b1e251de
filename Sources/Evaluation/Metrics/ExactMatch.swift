/// Whether an answer is the reference, white space at both ends aside.
package enum ExactMatch {
  /// Compared byte by byte: canonically equivalent spellings are different answers.
  package static func isMatch(_ prediction: String, _ reference: String) -> Bool {
    trimmed(prediction).elementsEqual(trimmed(reference))
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
