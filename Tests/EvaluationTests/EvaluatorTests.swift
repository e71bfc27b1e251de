import Datasets
import Evaluation
import Foundation
import Inference
import Models
import Synchronization
import Testing
import Tokenization

@Suite struct EvaluatorTests {
  private let bundle: ModelBundle
  private let tokenizer: Tokenizer

  private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/Models/llama-bpe-tied").path

  init() throws {
    bundle = try ModelBundle(path: Self.path)
    tokenizer = try #require(bundle.tokenizer)
  }

  private func examples(_ texts: [(String, String)]) throws -> [Example] {
    var builder = ExampleBuilder(tokenizer: tokenizer, maxLength: 128, keepsPrompts: true)
    return try builder.examples(
      from: texts.enumerated().map { index, text in
        LoadedRow(
          row: .promptCompletion(prompt: text.0, completion: text.1), path: "rows",
          line: index + 1)
      })
  }

  private let texts = [
    ("the ferry", "leaves at 12:45."), ("a lamp", "on the table"), ("tabs", "\tand lines\nof text"),
    ("one", "1"), ("two words", "2 3"),
  ]

  /// The answer that taking the largest logit of a whole forward pass, token by token, gives.
  private func greedy(_ prompt: [Int32], _ count: Int) -> [Int] {
    var ids = prompt
    for _ in 0..<count {
      let last = TopLogits(model: bundle.model, count: 1).positions(ids).last
      let next = last?.top.first?.id ?? 0
      if tokenizer.endOfSequence.contains(next) { break }
      ids.append(Int32(next))
    }
    return ids.dropFirst(prompt.count).map { Int($0) }
  }

  @Test func answersAreGreedyWhateverTheBatch() async throws {
    let examples = try examples(texts)
    let expected = examples.map {
      tokenizer.decode(greedy($0.promptIDs, 12), skippingSpecialTokens: true)
    }

    for batchSize in [1, 3, 32] {
      let outcome = try await Evaluator(
        model: bundle.model, tokenizer: tokenizer, batchSize: batchSize, maxTokens: 12
      ).run(examples)

      #expect(outcome.rows.map { $0.prediction ?? "" } == expected)
      #expect(outcome.rows.allSatisfy { $0.score?.isExact == false })
      #expect(!outcome.isStopped)
    }
  }

  @Test func anEngineAnswersAsTheModelDoesAndMeasuresNoLossWithoutOne() async throws {
    let examples = try examples(texts)
    let model = try await Evaluator(model: bundle.model, tokenizer: tokenizer, maxTokens: 12)
      .run(examples)
    let engine = try ServingEngine(
      modelPath: Self.path, configuration: ServingConfiguration(numerics: .exact))

    for batchSize in [1, 3] {
      var evaluator = Evaluator(engine: engine, adapter: nil, lossModel: nil, maxTokens: 12)
      evaluator.batchSize = batchSize
      let outcome = try await evaluator.run(examples)

      #expect(outcome.rows.map(\.prediction) == model.rows.map(\.prediction))
      #expect(outcome.generatedTokens == model.generatedTokens)
      #expect(outcome.rows.allSatisfy { $0.loss == nil } && !outcome.isStopped)
    }
  }

  @Test func rowsThatAreSampledHaveTheirOwnSeedsAndRepeat() async throws {
    let examples = try examples(Array(repeating: ("the ferry", "leaves at 12:45."), count: 4))
    let engine = try ServingEngine(modelPath: Self.path)
    func predictions(_ seed: UInt64) async throws -> [String] {
      var evaluator = Evaluator(engine: engine, adapter: nil, lossModel: nil, maxTokens: 12)
      evaluator.sampling.temperature = 1
      evaluator.sampling.seed = seed
      return try await evaluator.run(examples).rows.compactMap(\.prediction)
    }

    let first = try await predictions(7)

    #expect(Set(first).count == 4)
    #expect(try await predictions(7) == first)
    #expect(try await predictions(8) != first)
  }

  @Test func anEngineThatIsStoppedKeepsWhatIsDone() async throws {
    let examples = try examples(texts)
    let answers = Mutex(0)
    let engine = try ServingEngine(modelPath: Self.path)
    var evaluator = Evaluator(
      engine: engine, adapter: nil, lossModel: bundle.model, maxTokens: 4)
    evaluator.batchSize = 1

    let outcome = try await evaluator.run(
      examples, isCancelled: { answers.withLock { $0 } >= 2 }
    ) { event in
      if case .answers(let completed, _, _) = event { answers.withLock { $0 = completed } }
    }

    #expect(outcome.isStopped)
    #expect(outcome.rows.prefix(2).allSatisfy { $0.prediction != nil })
    #expect(outcome.rows.dropFirst(2).allSatisfy { $0.prediction == nil })
  }

  /// The loss is −Σ log softmax of the targets' logits, summed here in Double.
  @Test func lossIsTheNegativeLogProbabilityOfTheTargets() async throws {
    let examples = try examples(texts)

    let outcome = try await Evaluator(model: bundle.model, tokenizer: tokenizer, generates: false)
      .run(examples)

    for (example, row) in zip(examples, outcome.rows) {
      let positions = TopLogits(model: bundle.model, count: 320).positions(example.ids)
      var nats = 0.0
      for place in example.labels.indices where example.labels[place] >= 0 {
        let top = positions[place - 1].top
        let sum = top.reduce(0) { $0 + exp(Double($1.logit)) }
        let target = try #require(top.first { $0.id == Int(example.labels[place]) })
        nats += log(sum) - Double(target.logit)
      }
      let loss = try #require(row.loss)
      #expect(abs(loss.nats - nats) < 1e-4 * nats)
      #expect(loss.tokens == example.supervisedCount)
      #expect(loss.bytes == example.answer?.utf8.count)
      #expect(row.prediction == nil)
    }
  }

  @Test func aStopKeepsWhatIsDone() async throws {
    let examples = try examples(texts)
    let answers = Mutex(0)

    let outcome = try await Evaluator(
      model: bundle.model, tokenizer: tokenizer, batchSize: 1, maxTokens: 4
    ).run(examples, isCancelled: { answers.withLock { $0 } >= 2 }) { event in
      if case .answers(let completed, _, _) = event { answers.withLock { $0 = completed } }
    }

    #expect(outcome.isStopped)
    #expect(outcome.rows.count { $0.loss != nil } == 5)
    #expect(outcome.rows.prefix(2).allSatisfy { $0.prediction != nil })
    #expect(outcome.rows.dropFirst(2).allSatisfy { $0.prediction == nil })
  }

  @Test func metricsSuitTheReferences() throws {
    let plain = try examples(texts)
    let objects = try examples([("a", #"{"x": 1, "y": {"z": 2}}"#), ("b", #"{"x": "c"}"#)])
    func keys(_ examples: [Example], _ metrics: [Figure.Metric]? = nil) -> [String] {
      Comparison(examples, base: nil, adapter: nil, metrics: metrics).figures.map(\.key)
    }
    let losses = ["loss", "perplexity", "bits_per_byte"]

    #expect(keys(plain) == losses + ["exact_match", "first_line", "rouge_l"])
    #expect(
      keys(objects)
        == losses + ["exact_match", "json_valid", "json_exact", "field_f1", "x"])
    #expect(keys(plain, [.validJSON, .fieldAccuracy]) == losses + ["json_valid"])
  }
}
