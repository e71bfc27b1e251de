public import Datasets
import Inference
public import Models
public import Tokenization

/// Measures one system, a model as it stands, on held-out rows: its loss, and the answers that it
/// generates greedily and without constraints.
public struct Evaluator {
  /// How far the work is.
  public enum Event: Sendable, Equatable {
    /// Rows whose loss is measured, of all.
    case losses(completed: Int, of: Int)
    /// Rows that are answered, of those that can be, and the answers' tokens so far.
    case answers(completed: Int, of: Int, tokens: Int)
  }

  /// What came out; rows that a stop left undone have no outcome.
  public struct Outcome: Sendable, Equatable {
    /// One for each example, in order.
    public var rows: [RowOutcome]
    /// Wall-clock time of measuring losses.
    public var lossSeconds = 0.0
    /// Wall-clock time of generating answers.
    public var answerSeconds = 0.0
    /// Tokens of all answers.
    public var generatedTokens = 0
    /// Answers that the limit of tokens ended.
    public var cutAnswers = 0
    /// Whether the work was stopped before its end.
    public var isStopped = false

    /// An outcome of these rows.
    public init(rows: [RowOutcome]) { self.rows = rows }

    /// Wall-clock time in all.
    public var seconds: Double { lossSeconds + answerSeconds }
  }

  /// What is measured, with whatever adapter is switched on.
  public let model: DecoderLM
  /// nil measures the loss only.
  public let tokenizer: Tokenizer?
  /// How many answers are generated side by side.
  public var batchSize: Int
  /// The longest answer, in tokens.
  public var maxTokens: Int
  /// Whether answers are generated at all.
  public var generates: Bool
  /// Whether the loss is measured.
  public var measuresLoss: Bool

  /// A way of measuring `model`.
  public init(
    model: DecoderLM, tokenizer: Tokenizer?, batchSize: Int = 32, maxTokens: Int = 256,
    generates: Bool = true, measuresLoss: Bool = true
  ) {
    (self.model, self.tokenizer) = (model, tokenizer)
    (self.batchSize, self.maxTokens, self.generates) = (batchSize, maxTokens, generates)
    self.measuresLoss = measuresLoss
  }

  /// Which examples an answer is generated for: those that have one to compare it with.
  public func answers(_ example: Example) -> Bool {
    generates && tokenizer != nil && example.answer != nil && !example.promptIDs.isEmpty
  }

  /// Measures the model on the examples.
  ///
  /// - Parameters:
  ///   - examples: From a builder that keeps prompts, where answers are to be generated.
  ///   - isCancelled: Asked between batches and tokens; true ends the work with what is done.
  ///   - report: Called as the work goes on.
  /// - Returns: What came out, of all rows or of those that were done.
  /// - Throws: `InferenceError` if the model's output is not finite.
  public func run(
    _ examples: [Example], isCancelled: () -> Bool = { false }, report: (Event) -> Void = { _ in }
  ) throws -> Outcome {
    var outcome = Outcome(rows: Array(repeating: RowOutcome(), count: examples.count))
    let clock = ContinuousClock()
    outcome.lossSeconds =
      clock.measure {
        measureLosses(examples, &outcome, isCancelled, report)
      }.seconds
    outcome.answerSeconds = try clock.measure {
      try generateAnswers(examples, &outcome, isCancelled, report)
    }.seconds
    outcome.isStopped = isCancelled() && !isComplete(outcome, examples)
    return outcome
  }

  private func measureLosses(
    _ examples: [Example], _ outcome: inout Outcome, _ isCancelled: () -> Bool,
    _ report: (Event) -> Void
  ) {
    if isCancelled() || !measuresLoss { return }
    report(.losses(completed: 0, of: examples.count))
    let losses = LossEvaluator(model: model).losses(examples.map { ($0.ids, $0.labels) }) {
      report(.losses(completed: $0, of: examples.count))
      return !isCancelled()
    }
    for (index, loss) in losses.enumerated() {
      outcome.rows[index].loss = LossSummary(
        nats: loss.nats, tokens: loss.tokens, bytes: examples[index].targetBytes)
    }
  }

  private func generateAnswers(
    _ examples: [Example], _ outcome: inout Outcome, _ isCancelled: () -> Bool,
    _ report: (Event) -> Void
  ) throws {
    let asked = examples.indices.filter { answers(examples[$0]) }
    if asked.isEmpty || isCancelled() { return }
    let requests = asked.map {
      GenerationRequest(prompt: examples[$0].promptIDs.map { Int($0) }, maxTokens: maxTokens)
    }
    var completed = 0
    report(.answers(completed: 0, of: asked.count, tokens: 0))
    let generator = BatchGenerator(model: model, tokenizer: tokenizer, maximumBatch: batchSize)
    try generator.run(requests, isCancelled: isCancelled) { index, result in
      let row = asked[index]
      outcome.rows[row].prediction = result.text
      outcome.rows[row].score = RowScore(
        prediction: result.text, reference: examples[row].answer ?? "")
      outcome.generatedTokens += result.tokens.count
      if result.finishReason == .length { outcome.cutAnswers += 1 }
      completed += 1
      report(
        .answers(completed: completed, of: asked.count, tokens: outcome.generatedTokens))
    }
  }

  private func isComplete(_ outcome: Outcome, _ examples: [Example]) -> Bool {
    zip(outcome.rows, examples).allSatisfy { row, example in
      (row.loss != nil || !measuresLoss) && (row.prediction != nil || !answers(example))
    }
  }
}

extension Duration {
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
