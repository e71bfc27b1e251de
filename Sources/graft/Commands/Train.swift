import Adapters
import ArgumentParser
import Autodiff
import Datasets
import Logging
import ModelFiles
import Models
import SafeIO
import TensorCore
import Training

/// `graft train`: fine-tunes an adapter on rows.
struct Train: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a LoRA adapter, or all of a model, on the rows of a dataset.",
    discussion: """
      DATA is a directory with train.jsonl (and valid.jsonl), or one .jsonl file.
      Rows have messages, prompt and completion, text, input_ids and labels, or
      the keys of Alpaca or ShareGPT; each row's format is found by itself. The
      loss is taken on what the assistant says, and on the token that ends its
      turn; 'graft data check' shows what becomes of every token. With --loss dpo
      or orpo, rows have prompt, chosen and rejected.

      RUN receives adapter/ (a PEFT directory; model/, a Hugging Face directory,
      with --method full), metrics.jsonl (one line a step), run.json, report.html
      (curves, samples, the receipt), tensorboard/, and best/ where --eval-every
      is given. Its state is saved every minute or so: a run
      that was stopped, killed or cut off goes on with the same command, and ends
      with the same bytes. Ctrl-C finishes the step and saves. The forecast of time is
      from before the first step until the result is saved; that of memory is the most
      that the process has resident.

      Examples:
        graft train --model smollm2 --data datasets/function_calls \\
          --output runs/first
        graft train --model smollm2 --data rows.jsonl --output runs/second \\
          --steps 200 --batch-size 4 --learning-rate 1e-3 --lora-rank 8
        graft train --model smollm2 --data rows.jsonl --output runs/third \\
          --precision bf16 --memory 1.2G
        graft train --model smollm2 --data pairs.jsonl --output runs/better \\
          --loss dpo --beta 0.1 --learning-rate 5e-5
        graft train --config run.yaml --seed 7
      """)

  @Option(
    help: "A YAML file with these flags as keys; flags that are typed win.", completion: .file())
  var config: String?

  @OptionGroup var base: BaseOptions
  @OptionGroup var settings: TrainSettings
  @OptionGroup var saving: ContinuationOptions
  @OptionGroup var reporting: ReportingOptions

  @Option(
    help: ArgumentHelp(
      """
      A directory with train.jsonl, or a .jsonl file. It may be given several times, and with a \
      weight: rows.jsonl=2 visits each row twice an epoch, rows.jsonl=0.5 half of them once.
      """), completion: .file())
  var data: [String]

  @Option(
    help: "The directory for the run: new, empty, or that of the run to go on with.",
    completion: .directory)
  var output: String

  @Flag(help: "Print where the time went, by operation.")
  var profile = false

  @Flag(help: "Check everything, say what the run would take, and end; nothing is written.")
  var dryRun = false

  var logLevel: Logger.Level { reporting.logLevel }

  func run() throws {
    let began = ContinuousClock.now
    try RunDirectory.requireUsable(output, restarts: saving.restart)
    // Rows first: a fault in them is told at once, not after the model was loaded.
    let sources = try SplitOptions.sources(data)
    let files = try settings.split.read(sources, [.train, .valid])
    for part in files { try part.file.requireWhole() }
    let bundle = try base.load()
    let plan = try TrainingPlan(bundle: bundle, settings: settings, files: files, sources: sources)
    plan.announce()
    let planned = try PlannedRun(
      plan, stopsAtSpikes: saving.onSpike == .stop, output: output,
      restarts: saving.restart || dryRun, began: began)
    try planned.announce()
    let fingerprint = try bundle.fingerprint()
    let facts = try facts(planned.plan, fingerprint)
    if dryRun { return try report(planned, facts) }
    if profile { planned.trainer.profile = OperationProfile() }
    var run = TrainingRun(
      trainer: planned.trainer, product: product(of: planned.plan, fingerprint),
      facts: facts, identity: planned.plan.identity(fingerprint),
      saving: saving, isQuiet: reporting.quiet)
    run.samples = planned.sampler.samples
    run.firstSamples = planned.firstSamples
    run.forecast = planned.forecast
    run.writesEvents = !settings.watching.noTensorboard
    let summary = try run.execute(in: output)
    try run.report(summary, asJSON: reporting.json)
  }

  /// What a run would be, without one.
  private func report(_ planned: PlannedRun, _ facts: JSONObject) throws {
    guard reporting.json else {
      return try StandardOutput.line("nothing is written: this was a --dry-run")
    }
    var result = facts
    result["state"] = "planned"
    result["planned_steps"] = JSON(planned.trainer.stepCount)
    result["forecast"] = planned.forecast?.json()
    try JSONOutput.write(JSON(result))
  }

  private func product(
    of plan: TrainingPlan, _ fingerprint: ModelFingerprint
  ) -> any TrainingProduct {
    guard let adapter = plan.adapter else {
      return ModelProduct(bundle: plan.bundle, precision: settings.save)
    }
    var notes = JSONObject()
    notes["data"] = JSON(data.joined(separator: ", "))
    notes["account"] = plan.account.json
    notes["receipt"] = plan.receipt
    return AdapterProduct(
      adapter: adapter, fingerprint: fingerprint, modelPath: plan.bundle.origin.path, notes: notes,
      card: AdapterCard(plan, fingerprint, data: data.joined(separator: ", ")))
  }

  /// What `run.json` says that does not change during the run.
  private func facts(_ plan: TrainingPlan, _ fingerprint: ModelFingerprint) throws -> JSONObject {
    var facts = JSONObject()
    facts["model"] = JSON(plan.bundle.origin.path)
    facts["model_weights_sha256"] = JSON(fingerprint.weights)
    facts["data"] = JSON(data.joined(separator: ", "))
    facts["settings"] = JSON(plan.settings.json(plan))
    facts["effective"] = JSON(
      try EffectiveSettings(
        values: plan.settings.json(plan), arguments: Array(CommandLine.arguments.dropFirst())
      ).json)
    facts["account"] = plan.account.json
    facts["receipt"] = plan.receipt
    facts["expected_peak_memory_bytes"] = JSON(plan.expectedPeak)
    return facts
  }
}
