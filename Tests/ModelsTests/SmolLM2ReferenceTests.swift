import Foundation
import ModelFiles
import Models
import SafeIO
import TestSupport
import Testing
import Tokenization

/// SmolLM2-135M-Instruct, dequantised, against transformers: `../shared/reference/smollm2`.
@Suite(
  .tags(.reference),
  .enabled(
    if: SmolLM2.hasSharedReference,
    "../shared/reference/smollm2 or checkpoints/smollm2/*.gguf is absent"))
struct SmolLM2ReferenceTests {
  @Test func logitsOfEveryPositionAreTheReference() throws {
    let json = try JSON(parsingFile: "\(SmolLM2.sharedReference)/logits.json")
    let model = try ModelBundle(path: SmolLM2.path()).model
    let items = try #require(json["items"]?.array)
    #expect(items.count == 8)
    var worst = (logit: 0.0, sum: 0.0, positions: 0)

    for item in items {
      let ids = try #require(item["ids"]?.array).compactMap(\.int).map { Int32($0) }
      let positions = TopLogits(model: model, count: 64).positions(ids)
      let sums = try #require(item["logsumexp"]?.array).compactMap(\.double)
      let topIDs = try #require(item["top_ids"]?.array)
      let topLogits = try #require(item["top_logits"]?.array)
      for (index, position) in positions.enumerated() {
        let listed = (topIDs[index].array ?? []).compactMap(\.int)
        let wanted = (topLogits[index].array ?? []).compactMap(\.double)
        let found = Dictionary(
          uniqueKeysWithValues: position.top.map { ($0.id, Double($0.logit)) })
        let largest = wanted.map { abs($0) }.max() ?? 0
        for (id, logit) in zip(listed, wanted) {
          worst.logit = max(worst.logit, abs((found[id] ?? .infinity) - logit) / largest)
        }
        worst.sum = max(
          worst.sum, abs(Double(position.logSumExp) - sums[index]) / abs(sums[index]))
        worst.positions += 1
      }
    }

    #expect(worst.positions > 1000)
    #expect(worst.logit <= SmolLM2.tolerance, "\(worst)")
    #expect(worst.sum <= SmolLM2.tolerance, "\(worst)")
    Self.note("SmolLM2 logits: \(worst)")
  }

  @Test func conversationsAreWrittenAndTokenisedAsByTheReference() throws {
    let json = try JSON(parsingFile: "\(SmolLM2.sharedReference)/chat.json")
    let tokenizer = try #require(
      try Tokenizer(gguf: GGUFFile(path: SmolLM2.path()).metadata))
    let items = try #require(json["items"]?.array)
    #expect(items.count == 20)

    for item in items {
      let messages = (item["messages"]?.array ?? []).map {
        ChatMessage(role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "")
      }
      let text = try #require(item["text"]?.string)
      let ids = (item["ids"]?.array ?? []).compactMap(\.int)

      let template = try #require(tokenizer.chatTemplate)
      #expect(try template.render(messages, addingGenerationPrompt: true) == text)
      #expect(try tokenizer.encodeChat(messages, addingGenerationPrompt: true).ids == ids)
    }
  }

  /// Says on stderr how near the reference was.
  private static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
