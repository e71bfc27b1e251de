import SafeIO
import Tokenization

/// Rows that stand in a file twice, or in two files that should have nothing in common.
package struct RowOverlap: Sendable, Equatable {
  package struct Pair: Sendable, Equatable {
    package var first: Int
    package var second: Int

    package init(first: Int, second: Int) {
      self.first = first
      self.second = second
    }
  }

  /// Rows of the second list that the first has too.
  package var count: Int
  /// Lines of the first few.
  package var examples: [Pair]

  private static let exampleLimit = 5

  /// Rows of `rows` that repeat an earlier one.
  package init(within rows: [LoadedRow]) {
    self.init()
    var seen: [String: Int] = [:]
    for row in rows {
      let key = Self.key(of: row.row)
      if let line = seen[key] { note(line, row.line) } else { seen[key] = row.line }
    }
  }

  /// Rows of `evaluation` that `training` has too.
  package init(of evaluation: [LoadedRow], with training: [LoadedRow]) {
    self.init()
    var seen: [String: Int] = [:]
    for row in training where seen[Self.key(of: row.row)] == nil {
      seen[Self.key(of: row.row)] = row.line
    }
    for row in evaluation {
      if let line = seen[Self.key(of: row.row)] { note(line, row.line) }
    }
  }

  private init() {
    count = 0
    examples = []
  }

  private mutating func note(_ first: Int, _ second: Int) {
    count += 1
    if examples.count < Self.exampleLimit { examples.append(Pair(first: first, second: second)) }
  }

  /// The row's content, its parts kept apart by a character that no text has.
  static func key(of row: Row) -> String {
    switch row {
    case .text(let text): "t\u{FFFF}" + text
    case .promptCompletion(let prompt, let completion): "p\u{FFFF}\(prompt)\u{FFFF}\(completion)"
    case .messages(let messages, _, let inputs):
      "m\u{FFFF}"
        + messages.map {
          "\($0.role)\u{FFFF}\($0.content)"
            + ($0.extra.isEmpty ? "" : "\u{FFFF}\(JSON($0.extra).serialized())")
        }.joined(separator: "\u{FFFF}")
        + (inputs.tools.map { "\u{FFFF}\($0.serialized())" } ?? "")
    case .tokens(let ids, let labels): "i\u{FFFF}\(ids)\(labels)"
    case .preference(let chosen, let rejected):
      "c\u{FFFF}\(key(of: chosen))\u{FFFF}\(key(of: rejected))"
    case .unpaired(let row, let isDesirable): "u\(isDesirable)\u{FFFF}\(key(of: row))"
    }
  }
}
