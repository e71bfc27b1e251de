/// Guesses how a text goes on from where its last tokens stood before (Saxena 2023).
struct PromptLookup {
  /// The longest and the shortest run of tokens that is looked for.
  private static let lengths = [3, 2]

  private(set) var tokens: [Int]
  /// For each length: after which index each run of tokens stood last, and the time before.
  private var places: [[ArraySlice<Int>: Int]]

  init(_ tokens: [Int]) {
    (self.tokens, places) = ([], Array(repeating: [:], count: Self.lengths.count))
    self.tokens.reserveCapacity(tokens.count)
    for token in tokens { append(token) }
  }

  /// Takes the next token of the text.
  mutating func append(_ token: Int) {
    // The run that ends with the token before is known only now that something follows it.
    for (index, length) in Self.lengths.enumerated() where tokens.count >= length {
      places[index][ArraySlice(Array(tokens.suffix(length)))] = tokens.count
    }
    tokens.append(token)
  }

  /// At most `count` tokens that may come next.
  func guess(_ count: Int) -> [Int] {
    guard count > 0 else { return [] }
    for (index, length) in Self.lengths.enumerated() where tokens.count > length {
      guard let place = places[index][ArraySlice(Array(tokens.suffix(length)))] else { continue }
      return Array(tokens[place..<min(place + count, tokens.count)])
    }
    return []
  }
}
