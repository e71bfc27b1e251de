import Adapters
public import ArgumentParser
package import Datasets
package import Models
import SafeIO
public import Training

/// The settings of a training run: flags, and so keys of the configuration file (`ConfigurationKey`).
struct TrainSettings: ParsableArguments {
  @Option(help: "What is trained: lora (an adapter) or full (every weight of the model).")
  var method = TrainingMethod.lora

  @Option(help: "Passes over the training rows. (default: 1)")
  var epochs: Double?

  @Option(help: "Optimizer steps, instead of --epochs.")
  var steps: Int?

  @Option(help: "Rows of a micro-batch.")
  var batchSize = 8

  @Option(help: "Micro-batches of a step, weighted by their supervised tokens.")
  var accumulate = 1

  @Option(help: "The peak learning rate. (default: 5e-4, or 5e-5 for --method full)")
  var learningRate: Double?

  @Option(help: "How the learning rate goes on after the warm-up; linear and cosine end at 0.")
  var schedule = TrainingConfiguration.Schedule.cosine

  @Option(help: "Steps over which the rate rises from 0; the first of them has rate 0.")
  var warmup = 0

  @Option(help: "AdamW's decoupled weight decay.")
  var weightDecay = 0.0

  @Option(help: "The largest norm of all gradients together, or none.")
  var clip = ClipLimit(value: 1)

  @Option(help: "Tokens of the longest row (default: the model's context, at most 2048).")
  var maxLength: Int?

  @Option(help: "What happens to longer rows; those that are dropped are counted.")
  var overlong = ExampleBuilder.Overlong.drop

  @OptionGroup var adapter: AdapterOptions

  @Option(help: "What weights are stored in, with --method full: f32, or bf16 in half the bytes.")
  var save = Precision.f32

  @Option(
    help: """
      What the frozen base is multiplied in. Adapter, optimizer and sums are f32 always; bf16 is \
      faster where the processor has it (AVX-512 BF16), and emulated, slowly, elsewhere.
      """)
  var precision = Precision.f32

  @Option(
    help: """
      The most memory to take, such as 1.5G: passes get smaller, and activations are computed again \
      where that does not suffice. (default: no limit)
      """)
  var memory: MemorySize?

  @Flag(help: "Compute activations again in the backward pass: a third more time, far less memory.")
  var recompute = false

  @Option(
    help: "Seed of the row order, the dropout masks and the adapter's first weights.",
    transform: FlagRule.seed)
  var seed: UInt64 = 0

  @Option(help: "Steps between adapters in RUN/checkpoints, each with a state (default: none).")
  var saveEvery: Int?

  @Option(help: "Steps between validations (default: at the end only).")
  var evalEvery: Int?

  @Option(help: "Rows of valid.jsonl to validate on, from its start.")
  var evalRows = 200

  @OptionGroup var objective: ObjectiveOptions
  @OptionGroup var batching: BatchingOptions
  @OptionGroup var split: SplitOptions
  @OptionGroup var watching: WatchOptions

  @Flag(help: "Visit the rows in file order in each epoch.")
  var noShuffle = false

  @Flag(help: "Concatenate prompt and completion instead of using the chat template.")
  var rawCompletions = false

  func validate() throws {
    try FlagRule.check("epochs", epochs, "above 0, at most 1000000") { $0 > 0 && $0 <= 1e6 }
    try FlagRule.check("steps", steps, "at least 1", (1...1_000_000_000).contains)
    try FlagRule.check("batch-size", batchSize, "from 1 to 65536", (1...65_536).contains)
    try FlagRule.check("accumulate", accumulate, "from 1 to 65536", (1...65_536).contains)
    try FlagRule.check("learning-rate", learningRate, "above 0, at most 10") { $0 > 0 && $0 <= 10 }
    try FlagRule.check("warmup", warmup, "at least 0", (0...1_000_000_000).contains)
    try FlagRule.check("weight-decay", weightDecay, "from 0 to 1", (0...1).contains)
    try FlagRule.check("max-length", maxLength, "from 2 to 1048576", (2...1_048_576).contains)
    try FlagRule.check("save-every", saveEvery, "at least 1") { $0 >= 1 }
    try FlagRule.check("eval-every", evalEvery, "at least 1") { $0 >= 1 }
    try FlagRule.check("eval-rows", evalRows, "at least 1") { $0 >= 1 }
    if watching.budget != nil, steps != nil {
      throw ValidationError("--budget chooses the number of steps: it does not go with --steps.")
    }
    if watching.warmupRatio != nil, warmup != 0 {
      throw ValidationError("--warmup and --warmup-ratio say the same; give one.")
    }
    let forAdapters = adapter.firstGiven ?? (precision == .bf16 ? "--precision bf16" : nil)
    if method == .full, let flag = forAdapters {
      throw ValidationError("\(flag) is for adapters: it does not go with --method full.")
    }
    if method == .full, objective.loss == .dpo {
      throw ValidationError(
        "--loss dpo compares an adapter with its base: use --method lora, or --loss orpo.")
    }
    if noShuffle, batching.batching == .grouped {
      throw ValidationError("--batching grouped does not go with --no-shuffle.")
    }
    if method == .lora, save == .bf16 {
      throw ValidationError("--save bf16 is for --method full: adapters are always f32.")
    }
  }

  /// The peak learning rate.
  var peakLearningRate: Double { learningRate ?? method.usualLearningRate }

  /// The adapter that the run continues, where there is one.
  var initAdapter: String? { adapter.initAdapter }

  /// Whether it may have another base.
  var forceBase: Bool { adapter.forceBase }

  /// What the trainer is told, but for what depends on memory.
  var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.epochs = epochs ?? 1
    configuration.steps = steps
    configuration.batchSize = batchSize
    configuration.accumulate = accumulate
    configuration.learningRate = peakLearningRate
    configuration.schedule = schedule
    configuration.warmup = warmup
    configuration.weightDecay = weightDecay
    configuration.clip = clip.value
    configuration.seed = seed
    configuration.shuffles = !noShuffle
    configuration.saveEvery = saveEvery
    configuration.evalEvery = evalEvery
    objective.apply(to: &configuration)
    batching.apply(to: &configuration)
    configuration.loraPlusRatio = adapter.loraPlusRatio
    configuration.neftuneAlpha = adapter.neftuneAlpha
    return configuration
  }
}

/// A positive number, or `none`.
struct ClipLimit: ExpressibleByArgument {
  var value: Double?

  init(value: Double?) { self.value = value }

  init?(argument: String) {
    if argument == "none" {
      value = nil
      return
    }
    guard let number = Double(argument), number > 0, number.isFinite else { return nil }
    value = number
  }

  var defaultValueDescription: String { value.map { "\($0)" } ?? "none" }
}

extension TrainingConfiguration.Schedule: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension ExampleBuilder.Overlong: ExpressibleByArgument {}
