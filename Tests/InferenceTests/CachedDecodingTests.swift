import Autodiff
import Inference
import Models
import TensorCore
import TestSupport
import Testing

@Suite struct CachedDecodingTests {
  static let models = [
    "llama-untied", "llama-tied", "llama-headdim", "llama3-rope", "qwen2", "qwen3", "mistral",
  ]

  /// The logits of a whole document, without a cache: a row a position.
  private func fullLogits(_ model: DecoderLM, _ ids: [Int]) -> Tensor<Float> {
    let context = model.context(DocumentSegments(lengths: [ids.count]))
    return model.logits(ids.map { Int32($0) }, in: context).value
  }

  @Test(arguments: models)
  func tokenByTokenIsTheWholeDocument(name: String) throws {
    let model = try Fixture.bundle(name).model
    let ids = Fixture.ids(80, seed: 1)
    let expected = fullLogits(model, ids)
    let decoder = CachedDecoder(model)
    let cache = SequenceCache()

    // A prompt, a second piece of it, then single tokens past a block of 64.
    var start = 0
    for end in [7, 30, 31] + Array(32...80) {
      let logits = decoder.logits(Array(ids[start..<end]), cache)

      expectClose(
        logits, expected.rows(end - 1..<end).scalars, within: 1e-5, "\(name), \(end) tokens")
      start = end
    }
    #expect(cache.tokens == ids)
  }

  @Test(arguments: ["llama-tied", "qwen3", "mistral"])
  func sequencesInOneStepDoNotSeeEachOther(name: String) throws {
    let decoder = CachedDecoder(try Fixture.bundle(name).model)
    let prompts = [70, 3, 1, 20].enumerated().map { Fixture.ids($1, seed: UInt64($0)) }
    let together = prompts.map { _ in SequenceCache() }
    let alone = prompts.map { _ in SequenceCache() }

    // First the prompts, then two steps of one token each beside a new piece of the third.
    for round in 0..<3 {
      let pieces = prompts.enumerated().map { index, prompt in
        round == 0 ? prompt : Fixture.ids(index == 2 ? 5 : 1, seed: UInt64(10 * round + index))
      }
      let rows = decoder.step(zip(together, pieces).map { Feed($0, $1) })

      for index in prompts.indices {
        expectClose(
          rows.rows(index..<index + 1).scalars, decoder.logits(pieces[index], alone[index]),
          within: 1e-5, "\(name), round \(round), sequence \(index)")
      }
    }
  }

  @Test func onlyTheFeedsThatWantLogitsHaveRows() throws {
    let decoder = CachedDecoder(try Fixture.bundle("llama-tied").model)

    let rows = decoder.step([
      Feed(SequenceCache(), [5, 6], wantsLogits: false), Feed(SequenceCache(), [7, 8]),
    ])

    #expect(rows.shape == [1, 96])
    expectClose(rows.scalars, decoder.logits([7, 8], SequenceCache()), within: 1e-5)
  }

  @Test(arguments: ["llama-untied", "mistral"])
  func aSharedPrefixGivesWhatTheWholePromptGives(name: String) throws {
    let decoder = CachedDecoder(try Fixture.bundle(name).model)
    let prefix = Fixture.ids(40, seed: 1)
    let original = SequenceCache()
    _ = decoder.logits(prefix, original)
    let shared = 33

    // The copies grow into memory that all of them shared.
    for seed in UInt64(2)...4 {
      let rest = Fixture.ids(10, seed: seed)
      let copy = SequenceCache(copying: original, prefix: shared)
      let logits = decoder.logits(rest, copy)

      let whole = decoder.logits(Array(prefix[..<shared]) + rest, SequenceCache())
      expectClose(logits, whole, within: 1e-5, "\(name), copy \(seed)")
    }
    let next = decoder.logits([9], original)
    expectClose(next, decoder.logits(prefix + [9], SequenceCache()), within: 1e-5, "original")
  }

  @Test func aCacheThatForgetsGoesOnFromThere() throws {
    let decoder = CachedDecoder(try Fixture.bundle("llama-tied").model)
    let cache = SequenceCache()
    _ = decoder.logits([5, 6, 7, 8], cache)

    #expect(cache.commonPrefix(with: [5, 6, 9]) == 2)
    cache.truncate(to: 2)
    let logits = decoder.logits([9], cache)

    #expect(cache.tokens == [5, 6, 9])
    expectClose(logits, decoder.logits([5, 6, 9], SequenceCache()), within: 1e-5)
  }
}
