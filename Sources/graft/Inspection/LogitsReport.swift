import Foundation
import Models
import SafeIO
import Tokenization

/// What `graft inspect --ids` says: the largest logits after every token.
struct LogitsReport {
  private let ids: [Int32]
  private let positions: [TopLogits.Position]
  private let tokenizer: Tokenizer?

  init(_ bundle: ModelBundle, ids: [Int32], top: Int) throws {
    self.ids = ids
    tokenizer = bundle.tokenizer
    positions = TopLogits(model: bundle.model, count: top).positions(ids)
    if let index = positions.firstIndex(where: { !$0.logSumExp.isFinite }) {
      throw InspectionError.notFinite(position: index)
    }
  }

  /// Logits are written as the doubles that they are as f32, so that nothing is lost.
  var json: JSON {
    let list = zip(ids, positions).map { id, position -> JSON in
      let top = position.top.map { entry -> JSON in
        ["id": JSON(entry.id), "logit": JSON(Double(entry.logit))]
      }
      return [
        "id": JSON(Int(id)), "top": JSON(top), "logsumexp": JSON(Double(position.logSumExp)),
      ]
    }
    return ["positions": JSON(list)]
  }

  var lines: [String] {
    var table = TextTable([
      .number("position"), .number("id"), "token", .number("next"), .number("logit"),
      .number("p"), "text",
    ])
    for (index, position) in positions.enumerated() {
      var lead = ["\(index)", "\(ids[index])", text(Int(ids[index]))]
      for entry in position.top {
        let share = exp(Double(entry.logit) - Double(position.logSumExp))
        table.add(
          lead + [
            "\(entry.id)", Quantity.fixed(Double(entry.logit), digits: 4),
            Quantity.fixed(share, digits: 4), text(entry.id),
          ])
        lead = ["", "", ""]
      }
    }
    return table.lines(indent: 0)
  }

  /// A token's text between quotes; its bytes where they are part of a character.
  private func text(_ id: Int) -> String {
    guard let tokenizer, let token = tokenizer.token(for: id) else { return "" }
    let bytes = tokenizer.decodeBytes([id])
    guard let text = String(validating: bytes, as: UTF8.self) else { return token }
    return "'\(text.escapedForMessage(limit: 30))'"
  }
}
