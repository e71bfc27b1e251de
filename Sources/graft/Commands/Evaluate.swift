import Adapters
public import ArgumentParser
import Datasets
import Evaluation
import Foundation
import Logging
import ModelFiles
import Models
import SafeIO

/// `graft evaluate`: held-out loss and generated answers, base and adapter side by side.
struct Evaluate: AsyncParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures a model, and what an adapter adds, on held-out rows.",
    discussion: """
      Loss is in nats per supervised token. Rows with an answer are also answered,
      without constraints, by the engine that serves the model, and the answers are
      compared with theirs. Intervals are of 95 %, by bootstrap over rows.

      Rows of query, choices and gold are measured by which choice is the most
      probable: acc, and acc_norm by the choice's length.

      Examples:
        graft evaluate --model smollm2 --adapter runs/first/adapter \\
          --data datasets/function_calls
        graft evaluate --model smollm2 --data test.jsonl --no-generate --json
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: "A .jsonl file, or a directory with test.jsonl.", completion: .file())
  var data: String

  @Option(help: "Which file of a directory.")
  var split = DatasetDirectory.Split.test

  @Option(help: "Answers that are generated side by side, 1 to 512.")
  var batchSize = 32

  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var numerics: NumericsOption

  @Option(help: "Use only this many rows, the first.")
  var limit: Int?

  @Flag(help: "Measure the loss only.")
  var noGenerate = false

  @Flag(help: "Compare the answers only.")
  var noLoss = false

  @Flag(help: "Do not measure the base beside the adapter.")
  var skipBase = false

  @Flag(help: "Concatenate prompt and completion instead of rendering the chat template.")
  var rawCompletions = false

  @Option(
    help: "Write every answer to this file, one JSON object a line.", completion: .file())
  var predictions: String?

  @Option(
    help: ArgumentHelp(
      """
      What answers are measured by, separated by commas: \
      \(Figure.Metric.allCases.map(\.rawValue).joined(separator: ", ")) (default: those that \
      suit the rows).
      """, valueName: "names"))
  var metrics: String?

  @Option(help: AnswerPattern.help)
  var pattern: String?

  @OptionGroup var reporting: ReportingOptions

  func validate() throws {
    let bounds = [
      ("--batch-size", batchSize, 1...512), ("--limit", limit ?? 1, 1...Int.max),
    ]
    for (flag, value, range) in bounds where !range.contains(value) {
      let rule =
        range.upperBound == .max
        ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      throw ValidationError("\(flag) must be \(rule), got \(value).")
    }
    if skipBase && model.adapter == nil {
      throw ValidationError("--skip-base needs --adapter: nothing would be left to measure.")
    }
    if noLoss && noGenerate {
      throw ValidationError("--no-loss with --no-generate leaves nothing to measure.")
    }
    if noGenerate,
      let needing = metrics.map({ _ in "--metrics" }) ?? pattern.map({ _ in "--pattern" })
        ?? predictions.map({ _ in "--predictions" }) ?? sampling.givenFlags.first
        ?? numerics.numerics.map({ _ in "--numerics" })
    {
      throw ValidationError("\(needing) needs answers: leave out --no-generate.")
    }
    _ = try chosenMetrics()
  }

  private func chosenMetrics() throws -> [Figure.Metric]? {
    try metrics.map(Figure.Metric.list)
  }

  var logLevel: Logger.Level { reporting.logLevel }

  func run() async throws {
    if let predictions { try PredictionsFile.check(predictions) }
    let pattern = try pattern.map { try AnswerPattern($0) }
    let file = try DatasetDirectory(path: data).requiredFile(of: split)
    if try ChoiceRow.isIn(file) {
      Interruption.install()
      return try EvaluateChoices(command: self, file: file).run()
    }
    // Rows first: a fault in them is told at once, not after the model was loaded.
    var rows = try RowReader.rows(path: file)
    if let limit { rows = Array(rows.prefix(limit)) }
    Interruption.install()
    let measured = try EvaluatedModel(self)
    var builder = measured.exampleBuilder()
    let examples = try builder.examples(from: rows)
    warn(builder.account)

    let seed = sampling.drawnSeed()
    var (base, adapter): (Evaluator.Outcome?, Evaluator.Outcome?)
    if !skipBase {
      base = try await measure(measured.evaluator(isAdapter: false, seed: seed), examples)
    }
    if model.adapter != nil, !Interruption.isRequested {
      adapter = try await measure(
        measured.evaluator(isAdapter: true, seed: seed), examples, isAdapter: true)
    }
    let metrics = try chosenMetrics()
    let comparison =
      try pattern.map {
        try Comparison(examples, base: base, adapter: adapter, metrics: metrics, pattern: $0)
      } ?? Comparison(examples, base: base, adapter: adapter, metrics: metrics)
    if let predictions {
      try PredictionsFile(rows: file, examples: examples, base: base, adapter: adapter)
        .write(to: predictions)
    }
    try report(comparison, builder.account, file, examples.count, seed, measured.numerics)
    try Interruption.throwIfRequested()
  }

  private func measure(
    _ evaluator: Evaluator, _ examples: [Example], isAdapter: Bool = false
  ) async throws -> Evaluator.Outcome {
    if noLoss, !examples.contains(where: evaluator.answers) {
      throw ValidationError("--no-loss: no row has an answer to compare with.")
    }
    let progress = EvaluationProgress(isAdapter ? "adapter" : "base", isQuiet: reporting.quiet)
    let outcome = try await evaluator.run(
      examples, isCancelled: { Interruption.isRequested }, report: progress.show)
    progress.finish(outcome)
    return outcome
  }

  private func warn(_ account: DataAccount) {
    if account.droppedOverlong > 0 {
      Log.warning(
        "\(account.droppedOverlong) of \(account.rows) rows are longer than the model's "
          + "context and are left out")
    }
  }

  private func report(
    _ comparison: Comparison, _ account: DataAccount, _ file: String, _ examples: Int,
    _ seed: Int, _ numerics: String?
  ) throws {
    if reporting.json {
      var json = JSONObject()
      json["model"] = JSON(model.base.model)
      json["adapter_path"] = model.adapter.map { JSON($0) } ?? .null
      json["data"] = JSON(file)
      json["rows"] = JSON(examples)
      json["max_tokens"] = JSON(sampling.maxTokens)
      json["batch_size"] = JSON(batchSize)
      if let numerics {
        json["numerics"] = JSON(numerics)
        json["sampling"] = JSON(sampling.json(defaultTemperature: 0, seed: seed))
      }
      for (key, value) in comparison.json { json[key] = value }
      json["account"] = account.json
      return try JSONOutput.write(JSON(json))
    }
    for line in EvaluationTable(comparison, file: file, rows: examples).lines {
      try StandardOutput.line(line)
    }
  }
}

extension DatasetDirectory.Split: ExpressibleByArgument {}
