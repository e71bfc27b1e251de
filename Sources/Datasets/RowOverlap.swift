package import SafeIO
import Tokenization

/// Rows that stand in a file twice, or in two files that should have nothing in common.
package struct RowOverlap: Sendable, Equatable {
  package struct Pair: Sendable, Equatable {
    package var first: RowPlace
    package var second: RowPlace

    package var json: JSON { [first.json, second.json] }
  }

  /// Rows of the second list that the first has too.
  package var count: Int
  /// Where the first few stand.
  package var examples: [Pair]

  private static let exampleLimit = 5

  /// Rows of `rows` that repeat an earlier one.
  package init(within rows: [LoadedRow]) {
    self.init()
    var seen: [String: RowPlace] = [:]
    for row in rows {
      let key = Self.key(of: row.row)
      if let place = seen[key] { note(place, row) } else { seen[key] = RowPlace(row) }
    }
  }

  /// Rows of `evaluation` that `training` has too.
  package init(of evaluation: [LoadedRow], with training: [LoadedRow]) {
    self.init()
    var seen: [String: RowPlace] = [:]
    for row in training {
      let key = Self.key(of: row.row)
      if seen[key] == nil { seen[key] = RowPlace(row) }
    }
    for row in evaluation {
      if let place = seen[Self.key(of: row.row)] { note(place, row) }
    }
  }

  private init() {
    count = 0
    examples = []
  }

  private mutating func note(_ first: RowPlace, _ second: LoadedRow) {
    count += 1
    if examples.count < Self.exampleLimit {
      examples.append(Pair(first: first, second: RowPlace(second)))
    }
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
