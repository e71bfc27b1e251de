import Foundation
import Inference
import Models
import SafeIO
import TestSupport
import Testing
import Tokenization

/// Greedy continuations of SmolLM2 against transformers, `../shared/reference/smollm2/greedy.json`.
@Suite struct ReferenceTests {
  private static let answers = Fixture.root.appendingPathComponent(
    "../shared/reference/smollm2/greedy.json"
  ).path

  private static let model: String? = {
    let directory = Fixture.root.appendingPathComponent("checkpoints/smollm2").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.sorted().first { $0.hasSuffix(".gguf") }.map { "\(directory)/\($0)" }
  }()

  @Test(
    .tags(.reference),
    .enabled(
      if: model != nil && FileManager.default.fileExists(atPath: answers),
      "checkpoints/smollm2 or ../shared/reference is absent"))
  func greedyContinuationsAreThoseOfTransformers() throws {
    let reference = try JSON(parsing: InputFile.contents(of: Self.answers, maxBytes: 64 << 20))
    let bundle = try ModelBundle(path: try #require(Self.model))
    let items = try #require(reference["items"]?.array)
    let prompts = try items.map { item in
      try #require(item["prompt_ids"]?.array).compactMap(\.int)
    }

    let results = try BatchGenerator(bundle).generate(
      prompts.map { GenerationRequest(prompt: $0, maxTokens: 48) })

    var compared = 0
    for (item, result) in zip(items, results) {
      let ids = try #require(item["ids"]?.array).compactMap(\.int)
      let margins = try #require(item["margins"]?.array).compactMap(\.double)
      // Beyond a step where two tokens are all but equal, either may follow.
      let certain = margins.firstIndex { $0 < 1e-3 } ?? ids.count
      #expect(result.tokens.prefix(certain) == ids.prefix(certain))
      compared += certain
    }
    #expect(compared > 500)
  }

  @Test(
    .tags(.reference),
    .enabled(
      if: model != nil && FileManager.default.fileExists(atPath: answers),
      "checkpoints/smollm2 or ../shared/reference is absent"))
  func promptsAreWrittenAsTransformersWritesThem() throws {
    let reference = try JSON(parsing: InputFile.contents(of: Self.answers, maxBytes: 64 << 20))
    let encoder = try PromptEncoder(try ModelBundle(path: try #require(Self.model)).tokenizer)

    for item in try #require(reference["items"]?.array) {
      let messages = try #require(item["messages"]?.array).map { message in
        ChatMessage(
          role: try #require(message["role"]?.string),
          content: try #require(message["content"]?.string))
      }

      #expect(
        try encoder.encode(messages) == item["prompt_ids"]?.array?.compactMap(\.int))
    }
  }
}
