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

  /// The first control token that a row spells; nil where it spells none.
  func firstSpelling(in row: Row) -> String? {
    switch row {
    case .text(let text): return firstSpelling(in: text)
    case .promptCompletion(let prompt, let completion):
      return firstSpelling(in: prompt) ?? firstSpelling(in: completion)
    case .messages(let messages, _, _):
      for message in messages {
        if let found = firstSpelling(in: message.content) { return found }
      }
      return nil
    case .tokens: return nil
    case .preference, .unpaired:
      for side in row.sides {
        if let found = firstSpelling(in: side) { return found }
      }
      return nil
    }
  }

  private func firstSpelling(in text: String) -> String? {
    guard !spellings.isEmpty else { return nil }
    var text = text
    return text.withUTF8 { bytes in
      for place in bytes.indices where beginnings[Int(bytes[place])] {
        if let found = spellings.first(where: { bytes[place...].starts(with: $0) }) {
          return String(decoding: found, as: UTF8.self)
        }
      }
      return nil
    }
  }
}
