import Foundation
import Inference
import ModelFiles
import TensorCore
import TestSupport
import Testing

/// A row's bits depend on its own tokens, positions, adapter and weights, and on nothing else.
@Suite struct ServingInvarianceTests {
  /// LoRA, DoRA, token rows, and all of it together, under the fixtures that have them.
  private static let adapters = [
    "adapter", "adapter-rslora", "adapter-after", "forms/dora/after", "forms/tokens/after",
    "forms/everything/after",
  ]

  /// The sequences of a schedule: their tokens, and which adapter each has.
  private struct Plan {
    var tokens: [Int32]
    var adapter: ServingAdapter?
  }

  private func plans(_ vocabulary: Int, _ adapters: [ServingAdapter], seed: UInt64) -> [Plan] {
    var generator = RandomGenerator(seed: seed)
    return (0..<6).map { index in
      let count = 1 + generator.nextIndex(below: 90)
      let tokens = (0..<count).map { _ in Int32(generator.nextIndex(below: vocabulary)) }
      let choice = generator.nextIndex(below: adapters.count + 1)
      return Plan(tokens: tokens, adapter: choice == 0 ? nil : adapters[choice - 1])
    }
  }

  /// The logits of every position of a sequence that is computed alone, in one step.
  private func alone(_ model: ServingModel, _ plan: Plan) -> [Float] {
    let cache = PagedSequence(model.makeCachePool(tokens: plan.tokens.count))
    #expect(cache.reserve(plan.tokens.count))
    let rows = SequenceRows(plan.tokens, cache: cache, adapter: plan.adapter, outputs: .all)
    return model.step([rows]).logits.scalars
  }

  /// The same in random company: pieces of random lengths, of random sequences, in pages of a shared pool.
  private func inCompany(_ model: ServingModel, _ plans: [Plan], seed: UInt64) -> [[Float]] {
    var generator = RandomGenerator(seed: seed)
    let pool = model.makeCachePool(tokens: 1024)
    let caches = plans.map { _ in PagedSequence(pool) }
    var results = [[Float]](repeating: [], count: plans.count)
    while true {
      let waiting = plans.indices.filter { caches[$0].length < plans[$0].tokens.count }
      if waiting.isEmpty { return results }
      let chosen = waiting.filter { _ in generator.nextIndex(below: 3) > 0 }
      if chosen.isEmpty { continue }
      let rows = chosen.map { index in
        let rest = plans[index].tokens.dropFirst(caches[index].length)
        let longest = generator.nextIndex(below: 2) == 0 ? 1 : 40
        let piece = rest.prefix(1 + generator.nextIndex(below: longest))
        #expect(caches[index].reserve(piece.count))
        return SequenceRows(
          Array(piece), cache: caches[index], adapter: plans[index].adapter, outputs: .all)
      }
      let logits = model.step(rows).logits
      var row = 0
      for (index, piece) in zip(chosen, rows) {
        results[index] += logits.rows(row..<row + piece.tokens.count).scalars
        row += piece.tokens.count
      }
    }
  }

  @Test(
    arguments: [
      "llama-tied", "llama-untied", "llama-headdim", "llama3-rope", "qwen2", "qwen3", "mistral",
    ],
    ServingNumerics.allCases)
  func companyPiecesAndThreadsChangeNoBit(name: String, numerics: ServingNumerics) throws {
    let path = Fixture.path(name)
    let model = try ServingModel(path: path, numerics: numerics, pool: ThreadPool(threads: 1))
    let others = try [2, 3].map {
      try ServingModel(path: path, numerics: numerics, pool: ThreadPool(threads: $0))
    }
    let adapters = try Self.adapters.filter {
      FileManager.default.fileExists(atPath: "\(path)/\($0)")
    }
    .map { try model.adapter(path: "\(path)/\($0)") }

    for seed in UInt64(1)...3 {
      let plans = plans(model.configuration.vocabularySize, adapters, seed: seed)
      let expected = plans.map { alone(model, $0) }
      for (index, other) in ([model] + others).enumerated() {
        let found = inCompany(other, plans, seed: seed * 10 + UInt64(index))

        #expect(found == expected, "\(name), \(numerics), \(other.pool.threadCount) threads")
      }
    }
  }

  @Test(arguments: ServingNumerics.allCases)
  func everyInstructionSetGivesTheSameBits(numerics: ServingNumerics) throws {
    for name in ["llama-bpe-tied/model-q4_1.gguf", "llama-headdim", "qwen3"] {
      let plan = Plan(tokens: Fixture.ids(40, seed: 3).map { Int32($0) })
      var first: [Float]?
      for (isa, kernels) in ServingKernels.available {
        let model = try ServingModel(path: Fixture.path(name), numerics: numerics, kernels: kernels)
        let logits = alone(model, plan)

        #expect(logits == first ?? logits, "\(name), \(numerics), \(isa)")
        first = logits
      }
    }
  }

  @Test(arguments: ServingNumerics.allCases)
  func everyInstructionSetGivesAnAdapterTheSameBits(numerics: ServingNumerics) throws {
    let path = Fixture.path("qwen2")
    var first: [Float]?
    for (isa, kernels) in ServingKernels.available {
      let model = try ServingModel(path: path, numerics: numerics, kernels: kernels)
      let adapter = try model.adapter(path: "\(path)/forms/everything/after")
      let logits = alone(
        model, Plan(tokens: Fixture.ids(40, seed: 3).map { Int32($0) }, adapter: adapter))

      #expect(logits == first ?? logits, "\(numerics), \(isa)")
      first = logits
    }
  }

  @Test(arguments: ServingNumerics.allCases)
  func aSharedBeginningGivesTheSameBits(numerics: ServingNumerics) throws {
    let model = try ServingModel(path: Fixture.path("llama-untied"), numerics: numerics)
    let pool = model.makeCachePool(tokens: 512)
    let prefix = Fixture.ids(75, seed: 1).map { Int32($0) }
    let original = PagedSequence(pool)
    #expect(original.reserve(prefix.count))
    _ = model.step([SequenceRows(prefix, cache: original, outputs: .none)])
    let used = pool.freePages

    for shared in [0, 1, 31, 32, 33, 64, 74] {
      let rest = Fixture.ids(40, seed: UInt64(shared)).map { Int32($0) }
      let copy = original.fork(prefix: shared)
      #expect(pool.freePages == used)
      #expect(copy.reserve(rest.count))
      let found = model.step([SequenceRows(rest, cache: copy, outputs: .all)]).logits.scalars

      let whole = alone(model, Plan(tokens: Array(prefix.prefix(shared)) + rest))
      #expect(found == Array(whole.dropFirst(shared * model.configuration.vocabularySize)))
      copy.release()
      #expect(pool.freePages == used)
    }
    // What was shared has not changed.
    #expect(original.reserve(1))
    let next = model.step([SequenceRows([9], cache: original)]).logits.scalars
    let whole = alone(model, Plan(tokens: prefix + [9]))
    #expect(next == Array(whole.suffix(model.configuration.vocabularySize)))
  }

  @Test func outputsAreThoseThatAreWanted() throws {
    let model = try ServingModel(path: Fixture.path("llama-untied"), numerics: .exact)
    let pool = model.makeCachePool(tokens: 512)
    let ids: [Int32] = [5, 6, 7, 8]
    let kinds: [SequenceRows.Outputs] = [.none, .last, .hidden, .all]
    let rows = kinds.map { kind in
      let cache = PagedSequence(pool)
      #expect(cache.reserve(ids.count))
      return SequenceRows(ids, cache: cache, outputs: kind)
    }

    let output = model.step(rows)

    #expect(output.logits.shape == [5, model.configuration.vocabularySize])
    #expect(output.hidden.shape == [4, model.configuration.hiddenSize])
    #expect(output.logits.rows(0..<1) == output.logits.rows(4..<5))
  }
}
