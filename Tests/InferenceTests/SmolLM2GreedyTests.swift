import Inference
import Models
import SafeIO
import TestSupport
import Testing

/// Greedy answers of SmolLM2-135M-Instruct against transformers: `Tests/Fixtures/SmolLM2`.
@Suite(.tags(.reference), .enabled(if: SmolLM2.model != nil, SmolLM2.whenAbsent))
struct SmolLM2GreedyTests {
  @Test func answersAreThoseOfTransformersAloneAndInABatch() throws {
    let items = try SmolLM2.items("greedy")
    let bundle = try ModelBundle(path: SmolLM2.path())
    let generator = BatchGenerator(bundle)
    let requests = try items.map { item in
      GenerationRequest(prompt: try #require(item["prompt_ids"]).ints, maxTokens: 32)
    }

    let batch = try generator.generate(requests)
    let alone = try generator.generate([requests[1]])

    var compared = 0
    for (item, result) in zip(items + [items[1]], batch + alone) {
      let ids = try #require(item["ids"]).ints
      let margins = try #require(item["margins"]).doubles
      // Beyond a step where two tokens are all but equal, either may follow.
      let certain = margins.firstIndex { $0 < 1e-3 } ?? ids.count
      #expect(result.tokens.prefix(certain) == ids.prefix(certain))
      if certain == ids.count {
        #expect(result.tokens.count == ids.count)
        #expect(result.text == item["text"]?.string)
        #expect(result.finishReason == (ids.last == 2 ? .stop : .length))
      }
      compared += certain
    }
    #expect(compared > 60)
  }
}
