public import Datasets
public import Inference
public import Models
import TensorCore
public import Tokenization

/// Measures one system, a model as it stands, on held-out rows: its loss, and the answers that it
/// generates without constraints.
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

  /// Who gives the answers.
  public enum Answerer {
    /// The model whose loss is measured, with whatever adapter is switched on.
    case model
    /// A serving engine of the same weights, with one of its adapters or the base alone.
    case engine(ServingEngine, AdapterHandle?)
  }

  /// What is measured, with whatever adapter is switched on; nil where only answers are.
  public let model: DecoderLM?
  /// nil measures the loss only.
  public let tokenizer: Tokenizer?
  /// Who gives the answers.
  public var answerer: Answerer
  /// How their tokens are chosen; rows differ in their seeds, which are drawn from this one.
  public var sampling = SamplingConfiguration()
  /// Strings that end an answer.
  public var stops: [String] = []
  /// How many answers are generated side by side.
  public var batchSize: Int
  /// The longest answer, in tokens.
  public var maxTokens: Int
  /// Whether answers are generated at all.
  public var generates: Bool
  /// Whether the loss is measured.
  public var measuresLoss: Bool

  /// A way of measuring `model`, whose answers are its own and greedy.
  public init(
    model: DecoderLM?, tokenizer: Tokenizer?, batchSize: Int = 32, maxTokens: Int = 256,
    generates: Bool = true, measuresLoss: Bool = true
  ) {
    (self.model, self.tokenizer, answerer) = (model, tokenizer, .model)
    (self.batchSize, self.maxTokens, self.generates) = (batchSize, maxTokens, generates)
    self.measuresLoss = measuresLoss
  }

  /// A way of measuring what an engine serves.
  ///
  /// - Parameters:
  ///   - engine: Gives the answers, and has the tokenizer.
  ///   - adapter: One of the engine's adapters; nil for the base alone.
  ///   - lossModel: The same weights and adapter, to measure the loss of; nil measures none.
  ///   - maxTokens: The longest answer.
  public init(
    engine: ServingEngine, adapter: AdapterHandle?, lossModel: DecoderLM?, maxTokens: Int = 256
  ) {
    (model, tokenizer, answerer) = (lossModel, engine.tokenizer, .engine(engine, adapter))
    (batchSize, self.maxTokens, generates) = (32, maxTokens, true)
    measuresLoss = lossModel != nil
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
    _ examples: [Example], isCancelled: @escaping @Sendable () -> Bool = { false },
    report: (Event) -> Void = { _ in }
  ) async throws -> Outcome {
    var outcome = Outcome(rows: Array(repeating: RowOutcome(), count: examples.count))
    let start = ContinuousClock.now
    measureLosses(examples, &outcome, isCancelled, report)
    let middle = ContinuousClock.now
    try await generateAnswers(examples, &outcome, isCancelled, report)
    outcome.lossSeconds = (middle - start).seconds
    outcome.answerSeconds = (ContinuousClock.now - middle).seconds
    outcome.isStopped = isCancelled() && !isComplete(outcome, examples)
    return outcome
  }

  private func measureLosses(
    _ examples: [Example], _ outcome: inout Outcome, _ isCancelled: () -> Bool,
    _ report: (Event) -> Void
  ) {
    guard let model, measuresLoss, !isCancelled() else { return }
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
    _ examples: [Example], _ outcome: inout Outcome, _ isCancelled: @escaping @Sendable () -> Bool,
    _ report: (Event) -> Void
  ) async throws {
    let asked = examples.indices.filter { answers(examples[$0]) }
    if asked.isEmpty || isCancelled() { return }
    let requests = asked.map { request(examples[$0].promptIDs, row: $0) }
    var completed = 0
    report(.answers(completed: 0, of: asked.count, tokens: 0))
    func take(_ index: Int, _ result: GenerationResult) {
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
    switch answerer {
    case .model:
      guard let model else { return }
      try BatchGenerator(model: model, tokenizer: tokenizer, maximumBatch: batchSize)
        .run(requests, isCancelled: isCancelled, onResult: take)
    case .engine(let engine, let adapter):
      let serving = requests.map {
        var request = ServingRequest($0)
        request.adapter = adapter
        return request
      }
      try await engine.answer(serving, sideBySide: batchSize, isCancelled: isCancelled) {
        take($0, GenerationResult($1))
      }
    }
  }

  private func request(_ prompt: [Int32], row: Int) -> GenerationRequest {
    var sampling = sampling
    var seeds = RandomGenerator(seed: sampling.seed, stream: UInt64(row))
    sampling.seed = seeds.next()
    return GenerationRequest(
      prompt: prompt.map { Int($0) }, maxTokens: maxTokens, sampling: sampling, stops: stops)
  }

  private func isComplete(_ outcome: Outcome, _ examples: [Example]) -> Bool {
    zip(outcome.rows, examples).allSatisfy { row, example in
      (row.loss != nil || !measuresLoss || model == nil)
        && (row.prediction != nil || !answers(example))
    }
  }
}

extension Duration {
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
