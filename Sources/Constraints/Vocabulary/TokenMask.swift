/// Which tokens of a vocabulary may come next, one bit each.
public struct TokenMask: Sendable, Equatable {
  /// How many tokens it speaks of.
  public let vocabularySize: Int
  var words: [UInt64]

  /// A mask that allows nothing.
  public init(vocabularySize: Int) {
    self.vocabularySize = max(vocabularySize, 0)
    words = Array(repeating: 0, count: (max(vocabularySize, 0) + 63) / 64)
  }

  /// Whether `token` may come next; ids out of range may not.
  public func contains(_ token: Int) -> Bool {
    token >= 0 && token < vocabularySize && words[token >> 6] >> UInt64(token & 63) & 1 == 1
  }

  /// How many tokens may come next.
  public var allowedCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// The tokens that may come next, in order.
  public var allowed: [Int] {
    var result: [Int] = []
    for (place, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        result.append(place << 6 + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
    return result
  }

  /// Sets the logits of what may not come next to minus infinity.
  ///
  /// Logits past the vocabulary, which padded models have, are set too.
  public func apply(to logits: UnsafeMutableBufferPointer<Float>) {
    words.withUnsafeBufferPointer { words in
      for (place, word) in words.enumerated() where word != .max {
        let first = place << 6
        let last = min(first + 64, logits.count)
        guard first < last else { return }
        if word == 0 {
          logits[first..<last].update(repeating: -.infinity)
          continue
        }
        for token in first..<last where word >> UInt64(token & 63) & 1 == 0 {
          logits[token] = -.infinity
        }
      }
    }
    if words.count << 6 < logits.count {
      logits[(words.count << 6)...].update(repeating: -.infinity)
    }
  }

  mutating func insert(_ token: Int) { words[token >> 6] |= 1 << UInt64(token & 63) }

  mutating func remove(_ token: Int) { words[token >> 6] &= ~(1 << UInt64(token & 63)) }

  mutating func formUnion(_ other: TokenMask) {
    for place in words.indices { words[place] |= other.words[place] }
  }

  mutating func formUnion(_ other: TokenMask, without less: TokenMask) {
    for place in words.indices { words[place] |= other.words[place] & ~less.words[place] }
  }
}
