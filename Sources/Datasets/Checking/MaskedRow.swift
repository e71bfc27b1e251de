package import SafeIO
import Tokenization

/// A row as text, in pieces that say what became of their tokens.
package struct MaskedRow: Sendable, Equatable {
  package struct Piece: Sendable, Equatable {
    package var kind: TokenKind
    package var text: String
  }

  /// 1-based.
  package let line: Int
  package let pieces: [Piece]

  init(_ row: TokenisedRow, line: Int, tokenizer: Tokenizer?) {
    self.line = line
    var pieces: [Piece] = []
    var start = 0
    while start < row.ids.count {
      let kind = row.kinds[start]
      let end = row.kinds[start...].firstIndex { $0 != kind } ?? row.ids.count
      let ids = row.ids[start..<end].map { Int($0) }
      let text =
        tokenizer.map { tokenizer in
          String(decoding: tokenizer.decodeBytes(ids), as: UTF8.self)
        } ?? ids.map(String.init).joined(separator: " ")
      pieces.append(Piece(kind: kind, text: text))
      start = end
    }
    self.pieces = pieces
  }

  package var json: JSON {
    [
      "line": JSON(line),
      "pieces": JSON(pieces.map { JSON([JSON($0.kind.rawValue), JSON($0.text)]) }),
    ]
  }
}
