import Autodiff
import Datasets
import Models
import TensorCore

extension Verifier {
  func packing() throws -> Measurement {
    let model = try subject.adapted().model
    let rows = subject.rows.examples.map(\.document)
    let all = rows.reduce(0) { $0 + $1.ids.count }
    let alone = rows.map { procedures.losses(model, [$0], 1).first?.nats ?? .nan }
    let together = procedures.losses(model, rows, all).map(\.nats)
    guard together.count == alone.count else {
      return Measurement(error: .nan, note: "\(together.count) losses of \(alone.count) rows")
    }
    var error = Self.largest(together, alone)
    // The row in the middle must not notice that its neighbours say something else.
    let watched = rows.count / 2
    let others = rows.enumerated().map { index, row in
      index == watched ? row : (ids: Array(row.ids.reversed()), labels: row.labels)
    }
    let among = procedures.losses(model, others, all).map(\.nats)
    if among.count == together.count {
      error = max(error, Self.largest([among[watched]], [together[watched]]))
    } else {
      error = .nan
    }
    return Measurement(
      error: error, note: "\(rows.count) rows, \(all) tokens; also among other neighbours")
  }

  /// max|a − b| / |b|, which is not a number as soon as one of them is not.
  private static func largest(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { worst, pair in
      let error = abs(pair.0 - pair.1) / max(abs(pair.1), 1e-30)
      return error.isNaN || error > worst ? error : worst
    }
  }

  func cachedDecoding() throws -> Measurement {
    let model = try subject.adapted().model
    guard let ids = subject.rows.shortest(.max).last?.ids, ids.count >= 2 else {
      return Measurement(error: 0, note: "no row has two tokens", isEmpty: true)
    }
    // A prompt, a few tokens at once, and then one by one, as in a conversation.
    var pieces = [Array(ids.prefix(max(1, ids.count / 2)))]
    var rest = ids.dropFirst(pieces[0].count)
    if rest.count > 8 {
      pieces.append(Array(rest.prefix(5)))
      rest = rest.dropFirst(5)
    }
    pieces += rest.prefix(24).map { [$0] }
    let found = procedures.continued(model, pieces.map { $0.map { Int($0) } })
    let expected = model.logits(Array(pieces.joined())).value
    guard found.count == pieces.count else {
      return Measurement(error: .nan, note: "\(found.count) results of \(pieces.count) pieces")
    }
    var (position, error) = (0, 0.0)
    for (piece, logits) in zip(pieces, found) {
      position += piece.count
      let difference = Difference.largest(logits, expected.rows(position - 1..<position))
      if !(difference <= error) { error = difference }
    }
    return Measurement(
      error: error, note: "\(position) tokens in \(pieces.count) pieces")
  }
}
