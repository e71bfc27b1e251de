import Foundation
import Inference
import Models
import SafeIO
import Testing
import Tokenization

/// The base model that comes with the repository, against transformers: `Fixtures/GraftBase`.
@Suite struct GraftBaseTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private let path = Self.root.appending(path: "checkpoints/graft-base").path()
  private let reference: JSON

  init() throws {
    reference = try JSON(
      parsingFile: Self.root.appending(path: "Tests/Fixtures/GraftBase/logits.json").path())
  }

  @Test func theFixtureIsOfTheseWeights() throws {
    let found = try FileHash.sha256(ofFile: "\(path)/model.safetensors")
    #expect(reference["sha256"]?.string == found)
    #expect(try InputFile(path: "\(path)/model.safetensors").size <= 20_000_000)
  }

  @Test func textsAndChatsHaveTheReferencesTokens() throws {
    let tokenizer = try Tokenizer(directory: path)
    for item in reference["texts"]?.array ?? [] {
      let text = try #require(item["text"]?.string)
      let ids = tokenizer.sequencePrefix + tokenizer.encode(text)
      #expect(ids == item["ids"]?.array?.compactMap(\.int), "\(text)")
    }
    for item in reference["chats"]?.array ?? [] {
      let messages = (item["messages"]?.array ?? []).map {
        ChatMessage(role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "")
      }
      let ids = try tokenizer.encodeChat(messages, addingGenerationPrompt: true).ids
      #expect(ids == item["ids"]?.array?.compactMap(\.int))
    }
  }

  @Test func logitsAreTheReferences() throws {
    let model = try ModelBundle(path: path).model
    var worst = 0.0
    var positions = 0
    let items = (reference["texts"]?.array ?? []) + (reference["chats"]?.array ?? [])
    for item in items {
      let ids = (item["ids"]?.array ?? []).compactMap(\.int).map { Int32($0) }
      for (place, found) in TopLogits(model: model, count: 10).positions(ids).enumerated() {
        let listed = (item["top_ids"]?.array?[place].array ?? []).compactMap(\.int)
        let wanted = (item["top_logits"]?.array?[place].array ?? []).compactMap(\.double)
        let sum = try #require(item["logsumexp"]?.array?[place].double)
        let logits = Dictionary(uniqueKeysWithValues: found.top.map { ($0.id, Double($0.logit)) })
        // The tenth and eleventh may be too near to tell which is which.
        for (id, logit) in zip(listed, wanted).prefix(9) {
          worst = max(worst, abs((logits[id] ?? .infinity) - logit))
        }
        worst = max(worst, abs(Double(found.logSumExp) - sum))
        positions += 1
      }
    }
    #expect(positions > 40)
    #expect(worst < 2e-4, "\(worst)")
  }

  @Test func theGreedyContinuationIsTheReferences() throws {
    let bundle = try ModelBundle(path: path)
    let prompt = (reference["greedy"]?["prompt"]?.array ?? []).compactMap(\.int)
    let wanted = try #require(reference["greedy"]?["ids"]?.array).compactMap(\.int)
    var found: [Int] = []
    try BatchGenerator(bundle).run([GenerationRequest(prompt: prompt, maxTokens: 24)]) {
      found = $1.tokens
    }
    #expect(found == wanted)
  }
}
