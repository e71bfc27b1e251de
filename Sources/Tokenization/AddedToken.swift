/// A token that is matched in the text before the text is cut into words.
struct AddedToken: Sendable, Equatable {
  var content: String
  var id: Int
  /// Control tokens are special: they are matched only where the caller asks for it.
  var isSpecial: Bool
  /// Whether the token swallows the white space before it.
  var stripsLeft = false
  /// Whether the token swallows the white space after it.
  var stripsRight = false
  /// Whether it is looked for after normalization rather than before.
  var matchesNormalized = false

  /// Longer contents are refused, so that matching is linear in the text.
  static let longestContent = 1024
}

/// Finds added tokens in text: leftmost first, and of those the longest.
struct AddedTokenMatcher: Sendable {
  /// A stretch between tokens, or a token with the stretch that it covers.
  enum Piece {
    case text(Range<Int>)
    case token(Int, Range<Int>)
  }

  private var tokens: [AddedToken] = []
  private var firstBytes = [Bool](repeating: false, count: 256)
  /// A trie: node and byte to node.
  private var edges: [UInt64: Int] = [:]
  /// The token that ends at a node.
  private var ends: [Int: Int] = [:]

  /// Nil when there is nothing to look for.
  init?(_ tokens: [AddedToken]) {
    guard !tokens.isEmpty else { return nil }
    self.tokens = tokens
    for (index, token) in tokens.enumerated() {
      var node = 0
      for (depth, byte) in token.content.utf8.enumerated() {
        if depth == 0 { firstBytes[Int(byte)] = true }
        let edge = UInt64(node) << 8 | UInt64(byte)
        let next = edges[edge] ?? edges.count + 1
        edges[edge] = next
        node = next
      }
      if node > 0 { ends[node] = index }
    }
  }

  private func longestMatch(
    _ text: UnsafeBufferPointer<UInt8>, at start: Int, before end: Int
  ) -> (token: AddedToken, end: Int)? {
    var node = 0
    var found: (AddedToken, Int)?
    for index in start..<end {
      guard let next = edges[UInt64(node) << 8 | UInt64(text[index])] else { break }
      node = next
      if let token = ends[node] { found = (tokens[token], index + 1) }
    }
    return found
  }

  /// Cuts `range` of `text` into tokens and what lies between them, in order.
  func split(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    classes: UnsafeBufferPointer<UInt8>, _ body: (Piece) -> Void
  ) {
    let reader = ClassReader(text: text, table: classes)
    var textStart = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      guard firstBytes[Int(text[index])],
        let (token, matchEnd) = longestMatch(text, at: index, before: range.upperBound)
      else {
        index += 1
        continue
      }
      var start = index
      var end = matchEnd
      if token.stripsLeft { start = Self.spaceStart(reader, before: index, after: textStart) }
      if token.stripsRight {
        while end < range.upperBound {
          let (bits, length) = reader.character(at: end, before: range.upperBound)
          guard bits & CharacterClass.space != 0 else { break }
          end += length
        }
      }
      if textStart < start { body(.text(textStart..<start)) }
      body(.token(token.id, start..<end))
      textStart = end
      index = end
    }
    if textStart < range.upperBound { body(.text(textStart..<range.upperBound)) }
  }

  /// Where the white space that ends at `end` begins.
  private static func spaceStart(_ reader: ClassReader, before end: Int, after limit: Int) -> Int {
    var start = end
    while start > limit {
      var lead = start - 1
      while lead > limit, reader.text[lead] & 0xC0 == 0x80 { lead -= 1 }
      let (bits, length) = reader.character(at: lead, before: end)
      guard bits & CharacterClass.space != 0, lead + length == start else { break }
      start = lead
    }
    return start
  }
}
