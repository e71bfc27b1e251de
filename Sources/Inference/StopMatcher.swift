/// Finds the first stop string in text that comes in pieces, and holds text back only while it could
/// still become one.
///
/// One automaton a string (Knuth, Morris and Pratt 1977), run over UTF-8.
package struct StopMatcher: Sendable {
  private struct Pattern {
    let bytes: [UInt8]
    /// For each length: that of the longest proper prefix that is also a suffix.
    let borders: [Int]
    var matched = 0

    init(_ text: String) {
      bytes = Array(text.utf8)
      var borders = [0, 0]
      for index in bytes.indices.dropFirst() {
        var length = borders[index]
        while length > 0 && bytes[index] != bytes[length] { length = borders[length] }
        borders.append(bytes[index] == bytes[length] ? length + 1 : 0)
      }
      self.borders = borders
    }

    /// Whether the string ends with `byte`.
    mutating func advance(_ byte: UInt8) -> Bool {
      while matched > 0 && bytes[matched] != byte { matched = borders[matched] }
      if bytes[matched] == byte { matched += 1 }
      return matched == bytes.count
    }
  }

  private var patterns: [Pattern]
  private let keepsStop: Bool
  private var held: [UInt8] = []
  /// Whether a stop string was found; nothing is released any more.
  package private(set) var isStopped = false

  /// - Parameters:
  ///   - stops: Strings to stop at; empty ones are ignored.
  ///   - keepsStop: Whether the string that stopped the text is part of it.
  package init(_ stops: [String], keepsStop: Bool = false) {
    self.keepsStop = keepsStop
    patterns = stops.filter { !$0.isEmpty }.map { Pattern($0) }
  }

  /// The text that no stop string can take back any more.
  ///
  /// The string that ends first stops the text, and of those that end together the longest; unless asked
  /// for, it is not part of the text.
  package mutating func append(_ text: String) -> String {
    if patterns.isEmpty { return text }
    if isStopped { return "" }
    for byte in text.utf8 {
      held.append(byte)
      var longest = 0
      for index in patterns.indices where patterns[index].advance(byte) {
        longest = max(longest, patterns[index].bytes.count)
      }
      if longest > 0 {
        isStopped = true
        defer { held = [] }
        return String(decoding: held.dropLast(keepsStop ? 0 : longest), as: UTF8.self)
      }
    }
    let undecided = patterns.reduce(0) { max($0, $1.matched) }
    let released = held.count - undecided
    defer { held.removeFirst(released) }
    return String(decoding: held.prefix(released), as: UTF8.self)
  }

  /// What was held back, once no more text will come.
  package mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
