import Tokenization

/// Finds rows whose text spells a control token.
///
/// Such text stays text, but people should know.
struct SpecialTextFinder: Sendable {
  private let spellings: [[UInt8]]
  private let beginnings: [Bool]

  init(tokenizer: Tokenizer?) {
    var spellings: [[UInt8]] = []
    var beginnings = [Bool](repeating: false, count: 256)
    if let tokenizer {
      for id in 0..<tokenizer.vocabularySize where tokenizer.isSpecial(id) {
        guard let text = tokenizer.token(for: id), let first = text.utf8.first else { continue }
        spellings.append(Array(text.utf8))
        beginnings[Int(first)] = true
      }
    }
    self.spellings = spellings
    self.beginnings = beginnings
  }

  func occurs(in row: Row) -> Bool {
    switch row {
    case .text(let text): occurs(in: text)
    case .promptCompletion(let prompt, let completion):
      occurs(in: prompt) || occurs(in: completion)
    case .messages(let messages, _): messages.contains { occurs(in: $0.content) }
    case .tokens: false
    }
  }

  private func occurs(in text: String) -> Bool {
    guard !spellings.isEmpty else { return false }
    let bytes = Array(text.utf8)
    return bytes.indices.contains { place in
      beginnings[Int(bytes[place])]
        && spellings.contains { bytes[place...].starts(with: $0) }
    }
  }
}
