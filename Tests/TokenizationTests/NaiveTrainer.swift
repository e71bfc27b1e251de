/// The definition of byte-pair training, written down: all pairs are counted again for every merge.
struct NaiveTrainer {
  private(set) var tokens: [[UInt8]]
  private(set) var merges: [[Int]] = []

  /// - Parameters:
  ///   - words: The words of the text, repeated as often as they occur.
  ///   - tokens: What has an id already: special tokens, then the 256 bytes.
  ///   - specialCount: How many of them are special.
  ///   - limit: The greatest number of tokens.
  ///   - minimumFrequency: How often a pair must occur.
  init(
    _ words: [[UInt8]], tokens: [[UInt8]], specialCount: Int, limit: Int, minimumFrequency: Int
  ) {
    self.tokens = tokens
    var ids: [[UInt8]: Int] = [:]
    for (id, bytes) in tokens.enumerated().dropFirst(specialCount) { ids[bytes] = id }
    var texts = words.map { $0.map { ids[[$0]] ?? -1 } }
    while self.tokens.count < limit {
      var counts: [[Int]: Int] = [:]
      for text in texts {
        for place in text.indices.dropFirst() {
          counts[[text[place - 1], text[place]], default: 0] += 1
        }
      }
      let best = counts.max {
        $0.value != $1.value
          ? $0.value < $1.value : $1.key.lexicographicallyPrecedes($0.key)
      }
      guard let (pair, count) = best, count >= minimumFrequency else { break }
      let bytes = self.tokens[pair[0]] + self.tokens[pair[1]]
      let result = ids[bytes] ?? self.tokens.count
      if result == self.tokens.count {
        ids[bytes] = result
        self.tokens.append(bytes)
      }
      if !merges.contains(pair) { merges.append(pair) }
      texts = texts.map { Self.merged($0, pair, result) }
    }
  }

  private static func merged(_ text: [Int], _ pair: [Int], _ result: Int) -> [Int] {
    var output: [Int] = []
    var place = 0
    while place < text.count {
      if place + 1 < text.count, text[place] == pair[0], text[place + 1] == pair[1] {
        output.append(result)
        place += 2
      } else {
        output.append(text[place])
        place += 1
      }
    }
    return output
  }
}
