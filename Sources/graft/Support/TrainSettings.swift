import Adapters
public import ArgumentParser
package import Datasets
package import Models
import SafeIO
public import Training

/// The settings of a training run: flags, and keys of the configuration file.
struct TrainSettings: ParsableArguments {
  /// The keys that take a value, and those that are true or false.
  static let keys = [
    "model", "threads", "data", "output", "epochs", "steps", "batch-size", "accumulate",
    "learning-rate", "schedule", "warmup", "weight-decay", "clip", "max-length", "overlong",
    "lora-rank", "lora-alpha", "lora-dropout", "lora-targets", "init-adapter", "seed",
    "save-every", "eval-every", "eval-rows", "precision", "method", "memory", "save", "keep",
    "on-spike",
    "valid-split", "split-seed",
  ]
  static let switches = ["shuffle", "no-shuffle", "raw-completions", "force-base", "recompute"]

  @Option(help: "What is trained: lora (an adapter) or full (every weight of the model).")
  var method = TrainingMethod.lora

  @Option(help: "Passes over the training rows.")
  var epochs = 1.0

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

  @Option(help: "Rank of the adapter; 4 to 64 is usual. (default: 16)")
  var loraRank: Int?

  @Option(help: "The update is scaled by alpha / rank. (default: 2 × rank)")
  var loraAlpha: Double?

  @Option(help: "Probability with which an input of the update is dropped. (default: 0)")
  var loraDropout: Double?

  @Option(help: "Projections to adapt, such as q_proj,v_proj. (default: all-linear)")
  var loraTargets: String?

  @Option(
    help: "Start from this PEFT directory instead of a new adapter.", completion: .directory)
  var initAdapter: String?

  @Flag(help: "Use --init-adapter also where graft.json says that it has another base.")
  var forceBase = false

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
    transform: TrainSettings.seed)
  var seed: UInt64 = 0

  @Option(help: "Steps between adapters in RUN/checkpoints, each with a state (default: none).")
  var saveEvery: Int?

  @Option(help: "Steps between validations (default: at the end only).")
  var evalEvery: Int?

  @Option(help: "Rows of valid.jsonl to validate on, from its start.")
  var evalRows = 200

  @OptionGroup var split: SplitOptions

  @Flag(help: "Visit the rows in file order in each epoch.")
  var noShuffle = false

  @Flag(help: "Concatenate prompt and completion instead of using the chat template.")
  var rawCompletions = false

  func validate() throws {
    try check("epochs", epochs, epochs > 0 && epochs <= 1e6, "above 0, at most 1000000")
    try check("steps", steps, steps.map { (1...1_000_000_000).contains($0) }, "at least 1")
    try check("batch-size", batchSize, (1...65_536).contains(batchSize), "from 1 to 65536")
    try check("accumulate", accumulate, (1...65_536).contains(accumulate), "from 1 to 65536")
    try check(
      "learning-rate", learningRate, learningRate.map { $0 > 0 && $0 <= 10 },
      "above 0, at most 10")
    try check("warmup", warmup, (0...1_000_000_000).contains(warmup), "at least 0")
    try check("weight-decay", weightDecay, (0...1).contains(weightDecay), "from 0 to 1")
    try check(
      "max-length", maxLength, maxLength.map { (2...1_048_576).contains($0) }, "from 2 to 1048576")
    try check("lora-rank", loraRank, loraRank.map { (1...4096).contains($0) }, "from 1 to 4096")
    try check(
      "lora-alpha", loraAlpha, loraAlpha.map { $0 > 0 && $0 <= 1e6 }, "above 0, at most 1000000")
    try check("lora-dropout", loraDropout, loraDropout.map { $0 >= 0 && $0 < 1 }, "from 0, below 1")
    try check("save-every", saveEvery, saveEvery.map { $0 >= 1 }, "at least 1")
    try check("eval-every", evalEvery, evalEvery.map { $0 >= 1 }, "at least 1")
    try check("eval-rows", evalRows, evalRows >= 1, "at least 1")
    let forAdapters = [
      ("--init-adapter", initAdapter != nil), ("--lora-rank", loraRank != nil),
      ("--lora-alpha", loraAlpha != nil), ("--lora-dropout", loraDropout != nil),
      ("--lora-targets", loraTargets != nil), ("--precision bf16", precision == .bf16),
    ]
    if method == .full, let (flag, _) = forAdapters.first(where: \.1) {
      throw ValidationError("\(flag) is for adapters: it does not go with --method full.")
    }
    if method == .lora, save == .bf16 {
      throw ValidationError("--save bf16 is for --method full: adapters are always f32.")
    }
    if forceBase, initAdapter == nil { throw ValidationError("--force-base needs --init-adapter.") }
    if initAdapter != nil,
      loraRank != nil || loraAlpha != nil || loraDropout != nil || loraTargets != nil
    {
      throw ValidationError(
        "--lora-rank, --lora-alpha, --lora-dropout and --lora-targets come from the adapter that --init-adapter names."
      )
    }
  }

  private static func seed(_ text: String) throws -> UInt64 {
    guard let seed = UInt64(text) else {
      throw ValidationError("seeds are whole numbers from 0 to \(UInt64.max).")
    }
    return seed
  }

  private func check<Value>(_ name: String, _ value: Value, _ holds: Bool?, _ rule: String) throws {
    if holds ?? true { return }
    let shown = (value as Any?).map { "\($0)" } ?? ""
    throw ValidationError(
      "--\(name) must be \(rule), got \(shown.replacing("Optional(", with: "").replacing(")", with: ""))."
    )
  }

  /// The peak learning rate.
  var peakLearningRate: Double { learningRate ?? method.usualLearningRate }

  /// The adapter that the run begins with, unless it continues one.
  var lora: LoRAConfiguration {
    let rank = loraRank ?? 16
    return LoRAConfiguration(
      rank: rank, alpha: loraAlpha ?? Double(2 * rank), dropout: loraDropout ?? 0,
      targets: (loraTargets ?? "all-linear").split(separator: ",").map {
        String($0).trimmingSpaces
      })
  }

  /// What the trainer is told, but for what depends on memory.
  var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.epochs = epochs
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

extension String {
  /// The text without spaces at its ends.
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
