public import ArgumentParser
public import ModelFiles
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

  @Option(help: "What the model's weights are stored in.")
  var save = Precision.f32

  @Option(help: "Seed of the first weights and of the order of windows.")
  var seed: UInt64 = 0

  /// The peak learning rate.
  var peakLearningRate: Double { learningRate ?? (optimizer == .muon ? 5e-3 : 2e-3) }

  func validate() throws {
    func check(_ flag: String, _ holds: Bool, _ rule: String, _ value: Any) throws {
      if !holds { throw ValidationError("--\(flag) must be \(rule), got \(value).") }
    }
    try check("context", (8...131_072).contains(context), "from 8 to 131072", context)
    try check(
      "epochs", epochs.map { $0 > 0 && $0 <= 10_000 } ?? true, "above 0, at most 10000",
      epochs ?? 0)
    try check("accumulate", (1...100_000).contains(accumulate), "from 1 to 100000", accumulate)
    try check(
      "learning-rate", peakLearningRate > 0 && peakLearningRate <= 10, "above 0, at most 10",
      peakLearningRate)
    try check("weight-decay", (0...1).contains(weightDecay), "from 0 to 1", weightDecay)
    try check("valid-share", (0...0.5).contains(validShare), "from 0 to 0.5", validShare)
    try check(
      "warmup", warmup.map { (0...1_000_000_000).contains($0) } ?? true, "at least 0", warmup ?? 0)
    try check("eval-every", evalEvery.map { $0 >= 1 } ?? true, "at least 1", evalEvery ?? 0)
    try check("save-every", saveEvery.map { $0 >= 1 } ?? true, "at least 1", saveEvery ?? 0)
    if tokens != nil, epochs != nil {
      throw ValidationError("--tokens and --epochs are two ways to say the same; give one.")
    }
    try check(
      "batch-tokens", batchTokens.count >= context, "at least --context \(context)",
      batchTokens.count)
  }
}

/// The sizes of a new model: a name, or numbers.
struct ModelShapeOptions: ParsableArguments {
  @Option(help: "tiny (128 wide, 4 blocks), small (320, 5) or base (576, 12).")
  var size = ModelSize.small

  @Option(help: "Width of the residual stream, instead of --size's.")
  var hiddenSize: Int?

  @Option(help: "Width inside the feed-forward.")
  var intermediateSize: Int?

  @Option(help: "Number of blocks.")
  var layers: Int?

  @Option(help: "Number of query heads.")
  var heads: Int?

  @Option(help: "Number of key and value heads; a divisor of --heads.")
  var kvHeads: Int?

  /// The configuration, checked.
  func configuration(vocabularySize: Int, context: Int) throws -> TransformerConfiguration {
    var result = size.configuration(vocabularySize: vocabularySize, context: context)
    result.hiddenSize = hiddenSize ?? result.hiddenSize
    result.intermediateSize = intermediateSize ?? result.intermediateSize
    result.layerCount = layers ?? result.layerCount
    result.headCount = heads ?? result.headCount
    result.keyValueHeadCount = kvHeads ?? (heads ?? result.keyValueHeadCount)
    func refuse(_ text: String) -> ValidationError { ValidationError(text) }
    for (flag, value) in [
      ("hidden-size", result.hiddenSize), ("intermediate-size", result.intermediateSize),
      ("layers", result.layerCount), ("heads", result.headCount),
      ("kv-heads", result.keyValueHeadCount),
    ] where !(1...65_536).contains(value) {
      throw refuse("--\(flag) must be from 1 to 65536, got \(value).")
    }
    guard result.hiddenSize % result.headCount == 0 else {
      throw refuse(
        "--hidden-size \(result.hiddenSize) is no multiple of --heads \(result.headCount).")
    }
    result.headDimension = result.hiddenSize / result.headCount
    guard result.headDimension % 2 == 0 else {
      throw refuse(
        "--hidden-size \(result.hiddenSize) over --heads \(result.headCount) is \(result.headDimension), which must be even."
      )
    }
    guard result.headCount % result.keyValueHeadCount == 0 else {
      throw refuse(
        "--kv-heads \(result.keyValueHeadCount) is no divisor of --heads \(result.headCount).")
    }
    return result
  }
}

/// A number of tokens, as people type it: `8192`, `20M`, `1.5B`.
struct TokenCount: ExpressibleByArgument, Equatable {
  var count: Int

  init(_ count: Int) { self.count = count }

  init?(argument: String) {
    let scales: [Character: Double] = ["k": 1e3, "m": 1e6, "b": 1e9]
    let unit = argument.last.flatMap { scales[Character($0.lowercased())] }
    guard let value = Double(unit == nil ? argument : String(argument.dropLast())) else {
      return nil
    }
    let count = (value * (unit ?? 1)).rounded()
    guard count >= 1, count <= 1e13 else { return nil }
    self.count = Int(count)
  }

  var defaultValueDescription: String { "\(count)" }
}

extension TrainingConfiguration.OptimizerKind: ExpressibleByArgument {}
extension ModelSize: ExpressibleByArgument {}
