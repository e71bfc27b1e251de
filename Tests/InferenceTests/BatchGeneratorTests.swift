import Foundation
import Inference
import Models
import NN
import TensorCore
import TestSupport
import Testing
import Tokenization

@Suite struct BatchGeneratorTests {
  private func requests(_ count: Int, maxTokens: Int = 12) -> [GenerationRequest] {
    (0..<count).map {
      GenerationRequest(prompt: Fixture.ids(1 + 7 * $0, seed: UInt64($0)), maxTokens: maxTokens)
    }
  }

  /// Greedy decoding by whole forward passes, without any of the generator's machinery.
  private func greedy(_ model: DecoderLM, _ prompt: [Int], _ count: Int, end: Set<Int>) -> [Int] {
    var ids = prompt
    while ids.count < prompt.count + count {
      let logits = CachedDecoder(model).logits(ids, SequenceCache())
      let best = logits.firstIndex(of: logits.max() ?? 0) ?? 0
      ids.append(best)
      if end.contains(best) { break }
    }
    return Array(ids[prompt.count...])
  }

  @Test(arguments: [1, 3, 32])
  func everyRequestIsAnsweredAsItWouldBeAlone(_ batch: Int) throws {
    let model = try Fixture.bundle("llama-untied").model
    let requests = requests(7)

    let results = try BatchGenerator(model: model, tokenizer: nil, maximumBatch: batch)
      .generate(requests)

    #expect(results.count == 7)
    for (request, result) in zip(requests, results) {
      #expect(result.tokens == greedy(model, request.prompt, 12, end: [2]))
      #expect(result.promptTokens == request.prompt.count)
      #expect(result.finishReason == (result.tokens.last == 2 ? .stop : .length))
    }
  }

  @Test func whatAllPromptsBeginWithIsComputedOnce() throws {
    let model = try Fixture.bundle("qwen3").model
    let system = Fixture.ids(20, seed: 1)
    let requests = (0..<4).map {
      GenerationRequest(prompt: system + Fixture.ids($0, seed: UInt64($0)), maxTokens: 8)
    }

    let results = try BatchGenerator(model: model, tokenizer: nil).generate(requests)

    for (request, result) in zip(requests, results) {
      // The shortest prompt is the prefix itself; its last token is computed for its logits.
      #expect(result.reusedTokens == 19)
      #expect(result.tokens == greedy(model, request.prompt, 8, end: [2]))
    }
  }

  @Test func promptsLongerThanAStepAreComputedInPieces() throws {
    let bundle = try Fixture.bundle("llama-tied")
    let prompts = (0..<9).map { Fixture.ids(100 + $0, seed: UInt64($0)) }

    let results = try BatchGenerator(bundle).generate(
      prompts.map { GenerationRequest(prompt: $0, maxTokens: 3) })

    for (prompt, result) in zip(prompts, results) {
      #expect(result.tokens == greedy(bundle.model, prompt, 3, end: [2]))
    }
  }

  @Test func anAnswerEndsWhereTheContextEnds() throws {
    // Of 128 positions 120 are the prompt's.
    let bundle = try Fixture.bundle("llama-untied")
    let generator = BatchGenerator(bundle)
    let request = GenerationRequest(prompt: Fixture.ids(120, seed: 3), maxTokens: 100)

    let result = try #require(try generator.generate([request]).first)

    #expect(result.finishReason == .length)
    #expect(result.tokens.count == 8)
  }

  @Test func promptsThatCannotBeAnsweredAreRefusedBeforeAnythingIsComputed() throws {
    let generator = BatchGenerator(try Fixture.bundle("llama-tied"))
    let good = GenerationRequest(prompt: [5])
    func error(_ bad: GenerationRequest) -> InferenceError? {
      #expect(throws: InferenceError.self) {
        try generator.run([good, bad]) { _, _ in Issue.record("answered") }
      }
    }

    #expect(error(GenerationRequest(prompt: [])) == .emptyPrompt)
    #expect(
      error(GenerationRequest(prompt: Fixture.ids(128, seed: 1)))
        == .promptTooLong(tokens: 128, context: 128))
    #expect(
      error(GenerationRequest(prompt: [5, 96])) == .tokenOutOfRange(id: 96, vocabulary: 96))
    #expect(
      error(GenerationRequest(prompt: [5, -1])) == .tokenOutOfRange(id: -1, vocabulary: 96))
    #expect(error(GenerationRequest(prompt: [5], maxTokens: 0))?.code == "GEN.OPTION")
    #expect(error(GenerationRequest(prompt: [5], stops: ["x"]))?.code == "MODEL.TOKENIZER")
  }

  @Test func aWeightThatIsNotANumberIsReportedWithItsPosition() throws {
    let bundle = try Fixture.bundle("llama-tied")
    let norm = bundle.model.norm.weight
    norm.value = Tensor(repeating: .nan, shape: norm.value.shape)

    #expect(throws: InferenceError.nonFiniteLogits(position: 3)) {
      try BatchGenerator(bundle).generate([GenerationRequest(prompt: [5, 6, 7])])
    }
  }

  @Test func aCancelledRunKeepsWhatIsComplete() throws {
    let generator = BatchGenerator(
      model: try Fixture.bundle("llama-untied").model, tokenizer: nil, maximumBatch: 2)
    var completed = 0

    try generator.run(requests(7), isCancelled: { completed >= 2 }) { _, _ in completed += 1 }

    #expect((2...3).contains(completed))
  }

  @Test func aStopStringEndsTheAnswerAndIsNotPartOfIt() throws {
    let bundle = try Fixture.bundle("llama-bpe-tied")
    let generator = BatchGenerator(bundle)
    var request = GenerationRequest(prompt: [40, 41, 42], maxTokens: 40)
    let whole = try #require(try generator.generate([request]).first)
    let characters = Array(whole.text)
    try #require(characters.count > 8)
    let stop = String(characters[3..<6])
    let expected = try #require(whole.text.range(of: stop))
    request.stops = [stop]
    var streamed = ""

    let cut = try generator.generate(
      request, continuing: SequenceCache(), onText: { streamed += $0 })

    #expect(cut.text == String(whole.text[..<expected.lowerBound]))
    #expect(streamed == cut.text)
    #expect(cut.finishReason == .stop)
    #expect(whole.tokens.starts(with: cut.tokens))
  }

  @Test func aConversationComputesOnlyWhatIsNew() throws {
    let bundle = try Fixture.bundle("llama-untied")
    let generator = BatchGenerator(bundle)
    let cache = SequenceCache()
    let first = GenerationRequest(prompt: Fixture.ids(20, seed: 1), maxTokens: 4)
    let answer = try generator.generate(first, continuing: cache)
    let second = GenerationRequest(
      prompt: first.prompt + answer.tokens + Fixture.ids(5, seed: 2), maxTokens: 4)

    let continued = try generator.generate(second, continuing: cache)

    // The last token of an answer was chosen, but not computed.
    #expect(continued.reusedTokens == 20 + answer.tokens.count - 1)
    #expect(continued.tokens == greedy(bundle.model, second.prompt, 4, end: [2]))
  }

  @Test func theEngineStreamsWhatItReturns() async throws {
    let engine = try InferenceEngine(modelPath: Fixture.path("llama-bpe-tied"))
    let prompt = try await engine.encode([ChatMessage(role: "user", content: "hello")])
    let request = GenerationRequest(
      prompt: prompt, maxTokens: 30, sampling: .init(temperature: 1, seed: 3))
    let pieces = Pieces()

    let result = try await engine.generate(request) { pieces.append($0) }
    let again = try await engine.generate(request)

    #expect(pieces.text == result.text)
    #expect(again.tokens == result.tokens)
    #expect(again.reusedTokens == prompt.count - 1)
  }
}
