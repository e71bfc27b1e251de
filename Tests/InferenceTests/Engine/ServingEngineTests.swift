import Foundation
import Inference
import ModelFiles
import Models
import Testing
import Tokenization

/// The serving engine as its users meet it; see `ServingStressTests` for many users at once.
@Suite struct ServingEngineTests {
  @Test func greedyAnswersAreThoseOfTheTrainingModel() async throws {
    let engine = try ServingFixture.engine()
    let generator = BatchGenerator(try ModelBundle(path: ServingFixture.path))

    for seed in 0..<6 {
      let prompt = ServingFixture.ids(1 + 13 * seed, seed: UInt64(seed))
      let expected = try generator.generate([GenerationRequest(prompt: prompt, maxTokens: 20)])
      let answer = try await engine.answer(ServingRequest(prompt: prompt, maxTokens: 20))

      #expect(answer.choices.first?.ids == expected.first?.tokens)
      #expect(answer.choices.first?.text == expected.first?.text)
      #expect(answer.choices.first?.finishReason == expected.first?.finishReason)
      #expect(answer.usage?.promptTokens == prompt.count)
    }
  }

  @Test func logprobsAreThoseOfTheWholeForwardPass() async throws {
    let engine = try ServingFixture.engine()
    let model = try ModelBundle(path: ServingFixture.path).model
    let prompt = ServingFixture.ids(40, seed: 4)
    var request = ServingRequest(prompt: prompt, maxTokens: 5, topLogprobs: 3)
    request.sampling = .init(temperature: 1.3, topK: 20, presencePenalty: 1, seed: 5)
    request.scoresPrompt = true

    let answer = try await engine.answer(request)
    let tokens = try #require(answer.choices.first?.tokens)

    let all = prompt + tokens.map(\.id)
    let scores = Array(answer.promptScores.dropFirst()) + tokens
    #expect(answer.promptScores.count == prompt.count && answer.promptScores.first == .some(nil))
    for (place, score) in scores.enumerated() {
      let logits = CachedDecoder(model).logits(Array(all[...place]), SequenceCache())
      let normaliser = log(logits.reduce(0) { $0 + exp(Double($1)) })
      let found = try #require(score)
      #expect(found.id == all[place + 1])
      #expect(
        abs(Double(try #require(found.logprob)) - (Double(logits[found.id]) - normaliser)) < 1e-4)
      let best = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }.prefix(3)
      #expect(found.top.map(\.id) == Array(best))
      #expect(found.top.first { $0.id == found.id }.map { $0.logprob == found.logprob } ?? true)
    }
  }

  @Test func scoringAContinuationIsTheEndOfScoringThePrompt() async throws {
    let engine = try ServingFixture.engine()
    let (prompt, rest) = (ServingFixture.ids(70, seed: 1), ServingFixture.ids(20, seed: 2))
    var whole = ServingRequest(prompt: prompt + rest, maxTokens: 0, topLogprobs: 1)
    whole.scoresPrompt = true

    let expected = try await engine.answer(whole)
    let cold = try await ServingFixture.engine().score(rest, after: prompt)
    let warm = try await engine.score(rest, after: prompt)

    #expect(expected.choices.first?.finishReason == .length)
    #expect(expected.promptScores.suffix(20) == cold[...].map { .some($0) })
    #expect(warm == cold)
    #expect(engine.statistics.cachedTokens == 64)
  }

  @Test func choicesShareThePromptAndDiffer() async throws {
    let engine = try ServingFixture.engine()
    var request = ServingRequest(
      prompt: ServingFixture.ids(50, seed: 3), sampling: .init(temperature: 1, seed: 8),
      maxTokens: 16, choices: 5)

    let five = try await engine.answer(request)
    request.choices = 1
    let one = try await engine.answer(request)

    #expect(five.choices.count == 5)
    #expect(five.choices.first?.tokens == one.choices.first?.tokens)
    #expect(Set(five.choices.map(\.ids)).count == 5)
    #expect(engine.statistics.promptTokens == 50 + 50 - 32)
  }

  @Test func theReceiptNamesWhatAnswered() async throws {
    let (root, paths) = try ServingFixture.adapters(2)
    defer { try? FileManager.default.removeItem(atPath: root) }
    let engine = try ServingFixture.engine()
    let first = try engine.adapters.load(name: "a", path: paths[0])
    let second = try engine.adapters.replace(name: "a", path: paths[1])
    let prompt = ServingFixture.ids(40, seed: 3)

    let base = try await engine.answer(ServingRequest(prompt: prompt))
    let old = try await engine.answer(ServingRequest(prompt: prompt, adapter: first))
    let new = try await engine.answer(ServingRequest(prompt: prompt, adapter: engine.adapters["a"]))

    let receipts = [base, old, new].compactMap { $0.usage?.receipt }
    #expect(receipts.map(\.adapter) == [nil, first.sha256, second.sha256])
    #expect(Set(receipts.map(\.id)).count == 3)
    #expect(receipts.allSatisfy { $0.base == engine.fingerprint.weights })
    #expect(Set([base, old, new].compactMap { $0.choices.first?.ids }).count == 3)
    #expect([base, old, new].allSatisfy { $0.usage?.cachedTokens == 0 })
  }

  @Test func aNameIsLoadedOnceAndUnloadedOnce() throws {
    let (root, paths) = try ServingFixture.adapters(1)
    defer { try? FileManager.default.removeItem(atPath: root) }
    let registry = try ServingFixture.engine().adapters
    try registry.load(name: "a", path: paths[0])

    #expect(throws: InferenceError.adapterExists("a")) {
      try registry.load(name: "a", path: paths[0])
    }
    for name in ["", ".a", "a/b", "ä", String(repeating: "a", count: 65)] {
      let error = #expect(throws: InferenceError.self) {
        try registry.load(name: name, path: paths[0])
      }
      #expect(error?.code == "GEN.OPTION")
    }
    #expect(registry.list.map(\.name) == ["a"])
    #expect(registry.unload(name: "a")?.isBaseVerified == true)
    #expect(registry.unload(name: "a") == nil)
  }

  @Test func requestsThatCannotBeAnsweredAreRefused() throws {
    let engine = try ServingFixture.engine(.init(numerics: .exact, cacheTokens: 128))
    func code(_ change: (inout ServingRequest) -> Void) -> String? {
      var request = ServingRequest(prompt: [5], maxTokens: 4)
      change(&request)
      do {
        try engine.check(request)
        return nil
      } catch {
        return (error as? InferenceError)?.code ?? (error as? AdmissionError)?.code
      }
    }

    #expect(code { _ in } == nil)
    #expect(code { $0.prompt = [] } == "GEN.EMPTY")
    #expect(code { $0.prompt = ServingFixture.ids(128, seed: 1) } == "GEN.CONTEXT")
    #expect(code { ($0.prompt, $0.maxTokens) = (ServingFixture.ids(128, seed: 1), 0) } == nil)
    #expect(code { $0.prompt = [320] } == "GEN.TOKEN")
    #expect(code { $0.stopTokens = [-1] } == "GEN.TOKEN")
    #expect(code { $0.sampling.logitBias = [400: 1] } == "GEN.TOKEN")
    #expect(code { $0.sampling.logitBias = [4: .nan] } == "GEN.OPTION")
    #expect(code { $0.sampling.frequencyPenalty = .infinity } == "GEN.OPTION")
    #expect(code { $0.maxTokens = -1 } == "GEN.OPTION")
    #expect(code { $0.minTokens = 5 } == "GEN.OPTION")
    #expect(code { $0.choices = 0 } == "GEN.OPTION")
    #expect(code { $0.choices = .max } == "GEN.OPTION")
    #expect(code { $0.topLogprobs = 321 } == "GEN.OPTION")
    #expect(code { ($0.choices, $0.maxTokens) = (8, 100) } == "SERVE.SIZE")
  }

  @Test func theQueueHasAnEnd() async throws {
    let engine = try ServingFixture.engine(
      .init(numerics: .exact, cacheTokens: 128, maxQueue: 3, cachesPrefixes: false))
    var tickets: [ServingTicket] = []

    let error = #expect(throws: AdmissionError.self) {
      for seed in 0..<200 {
        tickets.append(
          try engine.submit(
            ServingRequest(prompt: ServingFixture.ids(60, seed: UInt64(seed)), maxTokens: 60)))
      }
    }

    #expect(error?.code == "SERVE.QUEUE")
    for ticket in tickets { #expect(try await ticket.answer().choices.count == 1) }
    let idle = try await ServingFixture.idleStatistics(engine)
    #expect(idle.freePages == idle.pages)
  }

  @Test func aDeadlineEndsARequestThatWaitsAndOneThatRuns() async throws {
    let engine = try ServingFixture.engine()
    var request = ServingRequest(prompt: [5, 6], maxTokens: 100)
    request.deadline = .now - .seconds(1)

    let answer = try await engine.answer(request)

    #expect(answer.choices.map(\.finishReason) == [.deadline])
    #expect(answer.usage?.completionTokens == 0)
  }

  @Test func whoeverLetsGoOfATicketWantsNoMore() async throws {
    let engine = try ServingFixture.engine(.init(numerics: .exact, maxSequences: 1))
    func abandon() async throws {
      let ticket = try engine.submit(ServingRequest(prompt: [5, 6], maxTokens: 100))
      for await _ in ticket.events { break }
    }

    try await abandon()
    let next = try await engine.answer(ServingRequest(prompt: [7], maxTokens: 1))

    #expect(next.choices.first?.ids.count == 1)
    #expect(engine.statistics.completed + engine.statistics.cancelled == 2)
  }

  @Test func minimumAndForbiddenTokensAreKept() async throws {
    let engine = try ServingFixture.engine()
    var request = ServingRequest(prompt: ServingFixture.ids(9, seed: 2), maxTokens: 12)
    let plain = try #require(try await engine.answer(request).choices.first).ids
    request.stopTokens = [plain[2]]
    let stopped = try #require(try await engine.answer(request).choices.first)
    request.minTokens = 6
    let later = try #require(try await engine.answer(request).choices.first)
    request.sampling.logitBias = [plain[0]: -1000]
    let biased = try #require(try await engine.answer(request).choices.first)

    #expect(stopped.ids == Array(plain[...(plain.firstIndex(of: plain[2]) ?? 0)]))
    #expect(stopped.finishReason == .stop)
    #expect(later.ids.count >= 6 && !later.ids.prefix(6).contains(plain[2]))
    #expect(!biased.ids.contains(plain[0]))
  }

  @Test func embeddingsHaveLengthOneAndDependOnTheAdapter() async throws {
    let (root, paths) = try ServingFixture.adapters(1)
    defer { try? FileManager.default.removeItem(atPath: root) }
    let engine = try ServingFixture.engine(.init(numerics: .exact, maxBatchTokens: 7))
    let handle = try engine.adapters.load(name: "a", path: paths[0])
    let text = ServingFixture.ids(30, seed: 1)

    let base = try await engine.embed(text)
    let whole = try await ServingFixture.engine().embed(text)
    let adapted = try await engine.embed(text, with: ServingRequest(prompt: [], adapter: handle))

    #expect(base.count == engine.hiddenSize)
    #expect(abs(base.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    #expect(base == whole)
    #expect(base != adapted)
  }

  @Test func anEngineThatGoesEndsItsRequests() async throws {
    var engine: ServingEngine? = try ServingFixture.engine()
    let ticket = try #require(
      try engine?.submit(ServingRequest(prompt: [5, 6], maxTokens: 120)))
    engine = nil

    let answer = try await ticket.answer()

    #expect([.cancelled, .length, .stop].contains(answer.choices.first?.finishReason))
    #expect(answer.usage != nil)
  }

  /// Context, bytes of a token, memory in MB, tokens.
  @Test(arguments: [
    (512, 6 << 10, 8000, 16_384), (128, 1, 1, 16_384), (4096, 1 << 10, 8000, 16_384),
    (6000, 1 << 10, 8000, 24_000), (8192, 23 << 10, 8000, 32_768),
    (131_072, 1 << 10, 8000, 131_072),
    (512, 1 << 20, 4096, 1024), (2048, 1 << 20, 4096, 2048), (.max, .max, 1, .max),
  ])
  func roomForKeysAndValuesHasAFloorAndFitsTheMemory(
    context: Int, bytes: Int, memory: Int, tokens: Int
  ) {
    let found = ServingConfiguration.cacheTokens(
      context: context, bytesPerToken: bytes, memory: UInt64(memory) << 20)

    #expect(found == tokens)
  }

  /// The context is 128.
  @Test func beginningsOfManyPromptsAreKept() async throws {
    let engine = try ServingFixture.engine()
    #expect(engine.cacheTokens == 16_384)
    let prompts = (0..<12).map { ServingFixture.ids(100, seed: UInt64(500 + $0)) }

    for prompt in prompts { _ = try await engine.answer(.init(prompt: prompt, maxTokens: 1)) }
    let cached = engine.statistics.cachedTokens
    for prompt in prompts { _ = try await engine.answer(.init(prompt: prompt, maxTokens: 1)) }

    #expect(cached == 0 && engine.statistics.cachedTokens == 12 * 96)
  }
}
