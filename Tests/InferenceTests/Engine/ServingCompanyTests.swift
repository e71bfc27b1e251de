import Foundation
import Inference
import ModelFiles
import Models
import TensorCore
import TestSupport
import Testing

/// On the real model: answers in random company are those given alone.
@Suite(.serialized, .tags(.reference), .enabled(if: SmolLM2.model != nil, SmolLM2.whenAbsent))
struct ServingCompanyTests {
  /// Few in every run; `GRAFT_COMPANY=200` is what `scripts/serving_stress.sh` asks for.
  static let count = ProcessInfo.processInfo.environment["GRAFT_COMPANY"].flatMap(Int.init) ?? 8

  private func requests() -> [ServingRequest] {
    let count = Self.count
    var random = RandomGenerator(seed: 9)
    let system = (0..<70).map { _ in 20 + random.nextIndex(below: 40_000) }
    return (0..<count).map { index in
      let own = (0..<1 + random.nextIndex(below: 60)).map { _ in
        20 + random.nextIndex(below: 40_000)
      }
      let beginning = Array(system.prefix(random.nextIndex(below: 71)))
      var request = ServingRequest(
        prompt: beginning + own,
        sampling: .init(
          temperature: [0, 0.7, 1][index % 3], topP: 0.9, seed: UInt64(index)),
        maxTokens: 1 + random.nextIndex(below: 24), choices: index % 10 == 0 ? 2 : 1,
        topLogprobs: 2)
      request.usesPromptLookup = index % 4 == 0
      request.client = "\(index % 5)"
      return request
    }
  }

  @Test func randomCompanyChangesNothing() async throws {
    let path = try SmolLM2.path()
    let requests = requests()
    let alone = try ServingEngine(
      modelPath: path, configuration: .init(maxBatchTokens: 512, cachesPrefixes: false))
    let company = try ServingEngine(
      modelPath: path,
      configuration: .init(cacheTokens: 4096, maxBatchTokens: 96, maxSequences: 16))

    let tickets = try requests.map { try company.submit($0) }
    var differences = 0
    for (request, ticket) in zip(requests, tickets) {
      let together = try await ticket.answer()
      let expected = try await alone.answer(request)
      if together.choices != expected.choices { differences += 1 }
    }

    #expect(differences == 0)
    #expect(company.statistics.cachedTokens > 0)
  }
}
