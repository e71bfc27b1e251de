/// The distinct words that merges are learnt from, end to end, each after a separator.
struct WordList {
  /// Token ids of the words' bytes, and `separator` before each word and after the last.
  private(set) var symbols: [UInt32] = [separator]
  /// The word of each symbol; a separator belongs to the word after it.
  private(set) var words: [UInt32] = [0]
  private(set) var counts: [Int] = []

  static let separator = UInt32.max
  /// The most symbols: few enough for all places, pairs and stretches of places to be 32-bit numbers.
  static let largest = 1 << 29
  /// Bytes of memory for a symbol while merges are learnt: itself, its word, its place in the lists of
  /// pairs (three at most, in the course of time), and its share of the pairs.
  static let bytesPerSymbol = 40

  mutating func reserve(symbols count: Int, words: Int) {
    symbols.reserveCapacity(count + 1)
    self.words.reserveCapacity(count + 1)
    counts.reserveCapacity(words)
  }

  /// Symbols that a word takes; one that is a single byte has no pairs and takes none.
  static func size(of byteCount: Int) -> Int { byteCount < 2 ? 0 : byteCount + 1 }

  mutating func append(
    _ word: UnsafeBufferPointer<UInt8>, _ count: Int, byteIDs: [UInt32]
  ) {
    guard word.count > 1 else { return }
    let index = UInt32(counts.count)
    for byte in word {
      symbols.append(byteIDs[Int(byte)])
      words.append(index)
    }
    symbols.append(Self.separator)
    words.append(index + 1)
    counts.append(count)
  }
}
