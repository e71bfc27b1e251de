import Adapters
import Foundation
import Inference
import ModelFiles
import Models
import Testing
import Tokenization

/// The engine as a stranger meets it.
@Suite struct InferenceEngineTests {
  private let path = Fixture.path("llama-bpe-untied")

  @Test func modelThatIsHandedOverAnswersAsTheOneLoadedByPath() async throws {
    let loaded = try InferenceEngine(modelPath: path)
    let handed = try InferenceEngine(ModelBundle(path: path))
    let prompt = try await loaded.encode([ChatMessage(role: "user", content: "Say one.")])

    let request = GenerationRequest(prompt: prompt, maxTokens: 12)

    let expected = try await loaded.generate(request)
    #expect(expected.tokens.count > 1)
    #expect(try await handed.generate(request) == expected)
  }

  @Test func textToContinueIsNotRenderedByTheTemplate() async throws {
    let engine = try InferenceEngine(modelPath: path)
    let tokenizer = try #require(engine.tokenizer)

    let ids = try await engine.encode(continuing: "Say one.")

    #expect(ids == tokenizer.encode("Say one."))
  }

  @Test func adapterOfAnotherBaseIsRefused() throws {
    let target = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: target) }
    let bundle = try ModelBundle(path: path)
    let adapter = try LoRAAdapter(LoRAConfiguration(rank: 2), attachingTo: bundle.model, seed: 0)
    try adapter.save(
      to: target,
      trainedOn: ModelFingerprint(weights: "aa", tokenizer: nil, chatTemplate: nil))

    let error = #expect(throws: AdapterError.self) {
      try InferenceEngine(modelPath: path, adapterPath: target)
    }

    #expect(error?.code == "ADP.BASE")
  }
}
