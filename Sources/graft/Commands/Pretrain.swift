import ArgumentParser
import Autodiff
import Datasets
import Foundation
import Logging
import ModelFiles
import Models
import SafeIO
import TensorCore
import Tokenization
import Training

/// `graft pretrain`: a base model from nothing but text.
struct Pretrain: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a base model from nothing but text.",
    discussion: """
      FILE is text, or JSONL: rows with text are documents, rows with messages, or
      with prompt and completion, go through the chat template. Everything is
      learnt. Documents are packed into windows of --context tokens and do not see
      each other; windows come in a new random order in each epoch.

      RUN receives model/ (a Hugging Face directory), best/ (the model with the
      lowest held-out loss), metrics.jsonl, run.json and tokens/ (the tokenised
      text). What it will take is said before it starts. Its state is saved every
      minute or so: a run that was stopped, killed or cut off goes on with the same
      command, and ends with the same bytes.

      Examples:
        graft tokenizer train stories.jsonl --vocab-size 4096 --output tok
        graft pretrain stories.jsonl --tokenizer tok --size small \\
          --output runs/stories
        graft pretrain *.txt --tokenizer tok --hidden-size 256 --layers 8 \\
          --heads 4 --epochs 2 --output runs/books
        graft generate --model runs/stories/model --raw --temperature 0.8 \\
          --prompt "Once upon a time"
      """)

  @Argument(help: "Text files and JSONL files.", completion: .file())
  var files: [String]

  @Option(
    help: "The directory of a tokenizer, as `graft tokenizer train` writes it.",
    completion: .directory)
  var tokenizer: String

  @Option(
    help: "The directory for the run: new, empty, or that of the run to go on with.",
    completion: .directory)
  var output: String

  @Option(help: "A file of held-out text; may be repeated.", completion: .file())
  var valid: [String] = []

  @Option(
    help: "The key of JSONL rows that holds the text; without it, each row's format is found.")
  var field: String?

  @Flag(help: "Say what the run would take, and end.")
  var dryRun = false

  @Flag(help: "Print where the time went, by operation.")
  var profile = false

  @OptionGroup var threading: ThreadOptions
  @OptionGroup var settings: PretrainSettings
  @OptionGroup var saving: ContinuationOptions
  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  func run() throws {
    threading.configure()
    try RunDirectory.requireUsable(output, restarts: saving.restart)
    Interruption.install()
    let words = try Tokenizer(directory: tokenizer)
    let shape = try settings.shape.configuration(
      vocabularySize: words.vocabularySize, context: settings.context)
    try PretrainPlan.requireMemory(for: shape)
    let isNew = !FileManager.default.fileExists(atPath: output)
    defer { if dryRun, isNew { try? FileManager.default.removeItem(atPath: output) } }
    let directory =
      dryRun ? nil : try RunDirectory(opening: output, restarts: saving.restart)
    let request = PretrainCorpus.Request(
      training: files, validation: valid, field: field, heldOutShare: settings.validShare)
    let text = try PretrainCorpus.identity(of: request, words)
    var part = JSONObject()
    part["corpus"] = text
    try directory?.requireSame(part, accepting: saving.acceptChange)
    let corpus = try PretrainCorpus(
      request, identity: text, tokenizer: words, in: "\(output)/tokens",
      isQuiet: reporting.quiet)
    let bundle = try ModelBundle(
      initializing: shape, tokenizerDirectory: tokenizer, seed: settings.seed)
    let plan = try PretrainPlan(settings: settings, bundle: bundle, corpus: corpus)
    var configuration = plan.configuration
    configuration.stopsAtSpikes = saving.onSpike == .stop
    let trainer = try Trainer(
      model: bundle.model, training: WholeModel(bundle.model), source: plan.windows,
      validation: plan.validation, configuration: configuration)
    let timing = try trainer.measureTiming()
    let samples = PretrainSamples(
      plan.bundle, prompt: settings.samplePrompt, document: plan.validation.first)
    let productBytes = plan.parameterCount * (settings.save == .bf16 ? 2 : 4)
    let saving = SavingTiming.measured(near: output, total: trainer.stateBytes + productBytes)
    let forecast = try RunForecast(
      trainer, plan.memory,
      RunCosts(
        timing: timing, saving: saving, stateBytes: trainer.stateBytes, productBytes: productBytes,
        secondsPerLook: try samples.seconds(), validates: !plan.validation.isEmpty,
        evalEvery: configuration.evalEvery, saveEvery: configuration.saveEvery))
    plan.announce(steps: trainer.stepCount, seconds: forecast.seconds)
    guard let directory else { return }
    if profile { trainer.profile = OperationProfile() }
    try train(plan, trainer, samples, in: directory, forecast)
  }

  private func train(
    _ plan: PretrainPlan, _ trainer: Trainer, _ samples: PretrainSamples,
    in directory: RunDirectory, _ forecast: RunForecast
  ) throws {
    var bits: Double?
    var run = TrainingRun(
      trainer: trainer, product: ModelProduct(bundle: plan.bundle, precision: settings.save),
      facts: facts(plan), identity: identity(plan), saving: saving, isQuiet: reporting.quiet)
    run.validated = { record, line in
      bits = record.validationLoss.flatMap { plan.bitsPerByte($0) }
      guard let loss = record.validationLoss, let bits else { return }
      line.note(
        "step \(record.step): held-out loss \(Quantity.fixed(loss, digits: 4)), "
          + "\(Quantity.fixed(bits, digits: 4)) bits per byte")
    }
    run.samples = { step in try samples.samples(step: step) }
    run.forecast = forecast
    run.writesEvents = !settings.noTensorboard
    var summary = try run.execute(in: directory)
    if let bits { summary["valid_bits_per_byte"] = JSON(bits) }
    try run.report(summary, asJSON: reporting.json)
  }

  /// What decides the result of the run.
  private func identity(_ plan: PretrainPlan) -> JSONObject {
    var identity = plan.json
    identity["corpus"] = plan.corpus.identity
    return identity
  }

  /// What `run.json` says that does not change during the run.
  private func facts(_ plan: PretrainPlan) -> JSONObject {
    var facts = JSONObject()
    facts["tokenizer"] = JSON(tokenizer)
    facts["text"] = JSON(files)
    facts["valid"] = JSON(valid)
    facts["corpus"] = plan.corpus.identity
    facts["account"] = plan.corpus.account.json
    facts["parameters"] = JSON(plan.parameterCount)
    facts["settings"] = JSON(plan.json)
    facts["expected_peak_memory_bytes"] = JSON(plan.expectedPeak)
    return facts
  }
}
