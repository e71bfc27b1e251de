import Foundation
import Inference
import Testing

/// Nobody's answer depends on who else is there: every answer of a random load is, to the bit, that of an
/// engine which had nothing else to do and had kept nothing.
///
/// `GRAFT_SCHEDULES=2000 GRAFT_OPERATIONS=50` is the full run of `scripts/serving_stress.sh`.
@Suite(.serialized) struct ServingStressTests {
  private typealias Schedule = ServingSchedule

  private static func setting(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
  }

  @Test func answersInCompanyAreThoseGivenAlone() async throws {
    let schedules = Self.setting("GRAFT_SCHEDULES", 20)
    let operations = Self.setting("GRAFT_OPERATIONS", 100)
    let first = Self.setting("GRAFT_SCHEDULES_FROM", 0)
    let (root, paths) = try ServingFixture.adapters(6)
    defer { try? FileManager.default.removeItem(atPath: root) }
    let alone = try ["exact": Alone(.exact, paths), "fast": Alone(.fast, paths)]
    var (answers, cancelled, cached, guessed) = (0, 0, 0, 0)

    for seed in first..<first + schedules {
      let schedule = Schedule(seed: UInt64(seed), count: operations, adapters: paths.count)
      let load = try Load(schedule, paths)
      let results = try await load.run()
      let reference = try #require(alone[schedule.configuration.numerics.rawValue])
      for (asked, answer) in results {
        let expected = try await reference.answer(asked)
        let difference = Self.difference(answer, expected)
        #expect(difference == nil, "schedule \(seed): \(difference ?? ""), \(asked)")
        #expect(
          answer.usage?.receipt.adapter == expected.usage?.receipt.adapter, "schedule \(seed)")
        answers += 1
        if answer.choices.contains(where: { $0.finishReason == .cancelled }) { cancelled += 1 }
        if answer.usage?.cachedTokens ?? 0 > 0 { cached += 1 }
        if answer.usage?.acceptedTokens ?? 0 > 0 { guessed += 1 }
      }
      let end = try await ServingFixture.idleStatistics(load.engine)
      #expect(end.running == 0 && end.waiting == 0 && end.failed == 0)
      #expect(end.freePages + end.cachedPages == end.pages, "schedule \(seed): pages leaked")
    }

    // The load must have been one in which something could have gone wrong.
    #expect(answers > schedules * operations / 2)
    #expect(cancelled > answers / 100 && cached > answers / 20 && guessed > answers / 100)
  }

  /// What differs between an answer and the one that was given alone; a cancelled one may be shorter.
  private static func difference(_ answer: ServingAnswer, _ expected: ServingAnswer) -> String? {
    if !answer.promptScores.isEmpty && !same(answer.promptScores, expected.promptScores) {
      return "prompt scores"
    }
    for (index, choice) in answer.choices.enumerated() {
      guard expected.choices.indices.contains(index) else { return "choice \(index) too many" }
      let other = expected.choices[index]
      guard choice.finishReason == .cancelled else {
        if choice.text != other.text { return "text '\(choice.text)', alone '\(other.text)'" }
        if !same(choice.tokens, other.tokens) { return "tokens \(choice.ids), alone \(other.ids)" }
        if choice.finishReason != other.finishReason { return "end \(choice.finishReason)" }
        continue
      }
      if !same(choice.tokens, Array(other.tokens.prefix(choice.tokens.count))) {
        return "tokens \(choice.ids), alone \(other.ids)"
      }
    }
    return nil
  }

  /// Equal to the bit.
  private static func same(_ a: [TokenScore?], _ b: [TokenScore?]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { a, b in
        a?.id == b?.id && a?.logprob?.bitPattern == b?.logprob?.bitPattern
          && a?.top.map { [UInt32($0.id), $0.logprob.bitPattern] }
            == b?.top.map { [UInt32($0.id), $0.logprob.bitPattern] }
      }
  }
}

/// Answers one request at a time, each adapter under a name of its own, and keeps nothing.
private final class Alone {
  private let engine: ServingEngine
  private let handles: [AdapterHandle]
  private var answers: [ServingSchedule.Asked: ServingAnswer] = [:]

  init(_ numerics: ServingNumerics, _ paths: [String]) throws {
    let engine = try ServingFixture.engine(.init(numerics: numerics, cachesPrefixes: false))
    handles = try paths.enumerated().map { try engine.adapters.load(name: "n\($0)", path: $1) }
    self.engine = engine
  }

  func answer(_ asked: ServingSchedule.Asked) async throws -> ServingAnswer {
    if let known = answers[asked] { return known }
    var request = asked.request(asked.adapter.map { handles[$0] })
    request.usesPromptLookup = false
    let answer = try await engine.answer(request)
    answers[asked] = answer
    return answer
  }
}

/// The operations of a schedule, done to an engine.
private struct Load {
  typealias Result = (asked: ServingSchedule.Asked, answer: ServingAnswer)

  let schedule: ServingSchedule
  let paths: [String]
  let engine: ServingEngine

  init(_ schedule: ServingSchedule, _ paths: [String]) throws {
    (self.schedule, self.paths) = (schedule, paths)
    engine = try ServingFixture.engine(schedule.configuration)
  }

  func run() async throws -> [Result] {
    var handles: [Int: AdapterHandle] = [:]
    return try await withThrowingTaskGroup(of: Result.self) { group in
      var results: [Result] = []
      for operation in schedule.operations {
        switch operation {
        case .load(let name, let adapter):
          handles[adapter] = try engine.adapters.replace(name: name, path: paths[adapter])
        case .unload(let name): engine.adapters.unload(name: name)
        case .wait:
          if let result = try await group.next() { results.append(result) }
        case .ask(let asked, let client, let cancelsAfter):
          // By its name where the name still stands for it, as a client would ask.
          let named = ServingSchedule.names.compactMap { engine.adapters[$0] }
          let handle = asked.adapter.flatMap { handles[$0] }
          var request = asked.request(named.first { $0 == handle } ?? handle)
          request.client = "client-\(client)"
          let ticket = try engine.submit(request)
          group.addTask {
            (asked, try await Self.read(ticket, cancelsAfter: cancelsAfter))
          }
        }
      }
      for try await result in group { results.append(result) }
      return results
    }
  }

  private static func read(_ ticket: ServingTicket, cancelsAfter: Int?) async throws
    -> ServingAnswer
  {
    var answer = ServingAnswer()
    var events = 0
    if cancelsAfter == 0 { ticket.cancel() }
    for await event in ticket.events {
      try answer.add(event)
      events += 1
      if events == cancelsAfter { ticket.cancel() }
    }
    return answer
  }
}
