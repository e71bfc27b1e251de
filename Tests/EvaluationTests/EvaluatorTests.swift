import Datasets
import Evaluation
import Foundation
import Models
import Testing
import Tokenization

@Suite struct EvaluatorTests {
  private let bundle: ModelBundle
  private let tokenizer: Tokenizer

  init() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/Models/llama-bpe-tied").path
    bundle = try ModelBundle(path: path)
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

  @Test func answersAreGreedyWhateverTheBatch() throws {
    let examples = try examples(texts)
    let expected = examples.map {
      tokenizer.decode(greedy($0.promptIDs, 12), skippingSpecialTokens: true)
    }

    for batchSize in [1, 3, 32] {
      let outcome = try Evaluator(
        model: bundle.model, tokenizer: tokenizer, batchSize: batchSize, maxTokens: 12
      ).run(examples)

      #expect(outcome.rows.map { $0.prediction ?? "" } == expected)
      #expect(outcome.rows.allSatisfy { $0.score?.isExact == false })
      #expect(!outcome.isStopped)
    }
  }

  /// The loss is −Σ log softmax of the targets' logits, summed here in Double.
  @Test func lossIsTheNegativeLogProbabilityOfTheTargets() throws {
    let examples = try examples(texts)

    let outcome = try Evaluator(model: bundle.model, tokenizer: tokenizer, generates: false)
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

  @Test func aStopKeepsWhatIsDone() throws {
    let examples = try examples(texts)
    var answers = 0

    let outcome = try Evaluator(
      model: bundle.model, tokenizer: tokenizer, batchSize: 1, maxTokens: 4
    ).run(examples, isCancelled: { answers >= 2 }) { event in
      if case .answers(let completed, _, _) = event { answers = completed }
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
