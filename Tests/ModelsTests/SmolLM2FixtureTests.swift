import ModelFiles
import Models
import SafeIO
import TestSupport
import Testing
import Tokenization

/// SmolLM2-135M-Instruct, dequantised, against transformers: `Tests/Fixtures/SmolLM2`.
@Suite(.tags(.reference), .enabled(if: SmolLM2.model != nil, SmolLM2.whenAbsent))
struct SmolLM2FixtureTests {
  @Test func logitsOfEveryPositionAreThoseOfTransformers() throws {
    let items = try SmolLM2.items("logits")
    let bundle = try ModelBundle(path: SmolLM2.path())
    let all = TopLogits(model: bundle.model, count: bundle.configuration.vocabularySize)
    var compared = 0

    for item in items {
      let positions = all.positions(try #require(item["ids"]).ints.map { Int32($0) })
      let ids = try #require(item["top_ids"]?.array).map(\.ints)
      let logits = try #require(item["top_logits"]?.array).map(\.doubles)
      let largest = try #require(item["max_abs"]).doubles
      let sums = try #require(item["log_sum_exp"]).doubles
      for (index, position) in positions.enumerated() {
        var byID = [Float](repeating: .nan, count: position.top.count)
        for entry in position.top { byID[entry.id] = entry.logit }
        try #require(ids[index].count == 20)
        expectClose(
          ids[index].map { Double(byID[$0]) } + [Double(position.logSumExp)],
          logits[index] + [sums[index]], within: SmolLM2.tolerance, "position \(index)")
        expectClose(
          [Double(byID.map(abs).max() ?? .nan)], [largest[index]], within: SmolLM2.tolerance)
        compared += 1
      }
    }

    #expect(compared > 60)
  }

  @Test func conversationsAreWrittenAndTokenisedAsByTransformers() throws {
    let items = try SmolLM2.items("chat")
    let tokenizer = try Self.tokenizer()
    let template = try #require(tokenizer.chatTemplate)
    #expect(items.count == 8)

    for item in items {
      let messages = try #require(item["messages"]?.array).map {
        ChatMessage(
          role: try #require($0["role"]?.string), content: try #require($0["content"]?.string))
      }

      #expect(try template.render(messages, addingGenerationPrompt: true) == item["text"]?.string)
      #expect(
        try tokenizer.encodeChat(messages, addingGenerationPrompt: true).ids == item["ids"]?.ints)
    }
  }

  @Test func nastyTextsGetTheIDsOfTokenizersAndComeBack() throws {
    let items = try SmolLM2.items("tokens")
    let tokenizer = try Self.tokenizer()
    #expect(items.count >= 25)

    for item in items {
      let text = try #require(item["text"]?.string)
      let ids = tokenizer.encode(text)
      #expect(ids == item["ids"]?.ints, "\(text.debugDescription)")
      #expect(tokenizer.decode(ids) == text, "\(text.debugDescription)")
    }
  }

  private static func tokenizer() throws -> Tokenizer {
    try #require(try Tokenizer(gguf: GGUFFile(path: SmolLM2.path()).metadata))
  }
}
