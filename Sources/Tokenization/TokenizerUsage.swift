/// What a tokenizer makes of a text: how many tokens, and which of them.
package struct TokenizerUsage {
  package let tokenizer: Tokenizer
  /// Bytes of text.
  package private(set) var bytes = 0
  /// Runs of characters that are no white space.
  package private(set) var words = 0
  /// Tokens of the text.
  package private(set) var tokens = 0
  /// How often each id was used.
  package private(set) var counts: [Int]
  private var isInWord = false

  package init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    counts = Array(repeating: 0, count: tokenizer.vocabularySize)
  }

  /// Adds a piece of a document.
  package mutating func add(_ text: [UInt8], endsDocument: Bool) {
    bytes += text.count
    for byte in text {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if !isSpace && !isInWord { words += 1 }
      isInWord = !isSpace
    }
    if endsDocument { isInWord = false }
    let ids = tokenizer.encode(bytes: text)
    tokens += ids.count
    for id in ids { counts[id] += 1 }
  }

  /// Tokens that were learnt: neither control tokens nor single bytes.
  package var learntTokens: [Int] {
    counts.indices.filter {
      tokenizer.token(for: $0) != nil && !tokenizer.isSpecial($0)
        && tokenizer.decodeBytes([$0]).count > 1
    }
  }
}
