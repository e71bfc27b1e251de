public import ArgumentParser
import Models
public import Training

/// The settings of pre-training.
struct PretrainSettings: ParsableArguments {
  @OptionGroup(title: "Size") var shape: ModelShapeOptions

  @Option(help: "Tokens of a window, and the longest context of the model.")
  var context = 512

  @Option(help: "Tokens to train on in all, such as 20M, instead of --epochs.")
  var tokens: TokenCount?

  @Option(
    help: "Passes over the text. (default: until 20 tokens a parameter are seen, at most 4)")
  var epochs: Double?

  @Option(help: "Tokens of a step: whole windows, at least one.")
  var batchTokens = TokenCount(8192)

  @Option(help: "Micro-batches of a step; each has --batch-tokens.")
  var accumulate = 1

  @Option(help: "What turns gradients into steps: adamw, or muon for the blocks' matrices.")
  var optimizer = TrainingConfiguration.OptimizerKind.muon

  @Option(help: "The peak learning rate. (default: 5e-3, or 2e-3 with adamw)")
  var learningRate: Double?

  @Option(help: "How the learning rate goes on after the warm-up; all but constant end at 0.")
  var schedule = TrainingConfiguration.Schedule.cosine

  @Option(help: "Steps over which the rate rises from 0. (default: a fiftieth of all)")
  var warmup: Int?

  @Option(help: "Decoupled weight decay of matrices; norms do not decay.")
  var weightDecay = 0.1

  @Option(help: "The largest norm of all gradients together, or none.")
  var clip = ClipLimit(value: 1)

  @Option(help: "The share of documents that is held out, where there is no --valid.")
  var validShare = 0.01

  @Option(help: "Steps between validations, each with a sample. (default: a tenth of all)")
  var evalEvery: Int?

  @Option(help: "Steps between models in RUN/checkpoints, each with a state. (default: none)")
  var saveEvery: Int?

  @Option(help: "Tokens of held-out text that are validated on.")
  var evalTokens = TokenCount(65_536)

  @Option(
    help: "What samples continue. (default: the first words of a held-out document)")
  var samplePrompt: String?

  @Flag(help: "Write no RUN/tensorboard/.")
  var noTensorboard = false

  @Option(help: "What the model's weights are stored in.")
  var save = Precision.f32

  @Option(
    help: "Seed of the first weights and of the order of windows.", transform: FlagRule.seed)
  var seed: UInt64 = 0

  /// The peak learning rate.
  var peakLearningRate: Double { learningRate ?? (optimizer == .muon ? 5e-3 : 2e-3) }

  func validate() throws {
    try FlagRule.check("context", context, "from 8 to 131072", (8...131_072).contains)
    try FlagRule.check("epochs", epochs, "above 0, at most 10000") { $0 > 0 && $0 <= 10_000 }
    try FlagRule.check("accumulate", accumulate, "from 1 to 100000", (1...100_000).contains)
    try FlagRule.check("learning-rate", learningRate, "above 0, at most 10") { $0 > 0 && $0 <= 10 }
    try FlagRule.check("weight-decay", weightDecay, "from 0 to 1", (0...1).contains)
    try FlagRule.check("valid-share", validShare, "from 0 to 0.5", (0...0.5).contains)
    try FlagRule.check("warmup", warmup, "at least 0", (0...1_000_000_000).contains)
    try FlagRule.check("eval-every", evalEvery, "at least 1") { $0 >= 1 }
    try FlagRule.check("save-every", saveEvery, "at least 1") { $0 >= 1 }
    if tokens != nil, epochs != nil {
      throw ValidationError("--tokens and --epochs are two ways to say the same; give one.")
    }
    try FlagRule.check("batch-tokens", batchTokens.count, "at least --context \(context)") {
      $0 >= context
    }
  }
}

extension TrainingConfiguration.OptimizerKind: ExpressibleByArgument {}
