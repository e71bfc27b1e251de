/// What became of a token: the columns of the loss receipt.
package enum TokenKind: String, Sendable, CaseIterable {
  /// The model learns to say it.
  case supervised
  /// It is given: prompts, answers that are left out of training, the first token of a document.
  case prompt
  /// The template's own text: roles, turn ends of others, a default system message, tools.
  case template
  /// Cut off behind the limit.
  case truncated
  /// Part of a row that was left out or refused.
  case dropped
}

/// A row as tokens, each with what became of it.
package struct TokenisedRow: Sendable, Equatable {
  /// What is trained on; nil for a row that is left out.
  package var example: Example?
  /// All ids, also those that were cut off.
  package var ids: [Int32]
  /// As many as ids.
  package var kinds: [TokenKind]

  /// A row that nothing was done to yet.
  init(_ encoded: EncodedRow) {
    example = encoded.example
    ids = encoded.example.ids
    kinds = zip(encoded.example.labels, encoded.isTemplate).map { label, isTemplate in
      label != Example.ignored ? .supervised : isTemplate ? .template : .prompt
    }
  }

  /// Marks the whole row as left out.
  mutating func drop() {
    example = nil
    kinds = [TokenKind](repeating: .dropped, count: ids.count)
  }
}

/// An example, and which of its tokens the template wrote.
struct EncodedRow {
  var example: Example
  var isTemplate: [Bool]
}
