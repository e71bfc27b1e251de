/// How an adapter is trained.
public struct TrainingConfiguration: Sendable, Equatable {
  /// The shape of the learning rate after the warm-up.
  public enum Schedule: String, Sendable, CaseIterable {
    /// The peak until the end.
    case constant
    /// A straight line to 0.
    case linear
    /// Half a cosine to 0.
    case cosine
    /// The peak, and over the last fifth of the steps 1 - √progress: warm-up, stable, decay.
    case wsd
  }

  /// What turns gradients into steps.
  public enum OptimizerKind: String, Sendable, CaseIterable {
    /// AdamW for everything.
    case adamw
    /// Muon for the blocks' matrices, AdamW for everything else.
    case muon
  }

  /// Passes over the data; ignored when `steps` is set.
  public var epochs = 1.0
  /// Optimizer steps; nil derives them from `epochs`.
  public var steps: Int?
  /// Rows of a micro-batch.
  public var batchSize = 8
  /// Micro-batches of an optimizer step, weighted by their supervised tokens.
  public var accumulate = 1
  /// The peak learning rate.
  public var learningRate = 5e-4
  /// The shape of the learning rate after the warm-up.
  public var schedule = Schedule.cosine
  /// Steps over which the rate rises from 0 to its peak; the first step then has rate 0.
  public var warmup = 0
  /// What turns gradients into steps.
  public var optimizer = OptimizerKind.adamw
  /// AdamW's decay of the moving average of squared gradients.
  public var beta2 = 0.999
  /// Decoupled weight decay.
  public var weightDecay = 0.0
  /// Whether only matrices decay, and norms and biases do not.
  public var decaysMatricesOnly = false
  /// LoRA+: how many times the learning rate of A that of B is; nil for the same.
  ///
  /// Hayou et al. 2024.
  public var loraPlusRatio: Double?
  /// NEFTune: α of the noise on embeddings in training; nil for none.
  ///
  /// Jain et al. 2023.
  public var neftuneAlpha: Double?
  /// The largest norm of all gradients together; nil does not clip.
  public var clip: Double? = 1
  /// The seed of the batch order, the dropout masks and the adapter's first weights.
  public var seed: UInt64 = 0
  /// Whether rows are visited in a new random order in each epoch.
  public var shuffles = true
  /// Whether a loss far above those before it ends the run; it is reported in any case.
  public var stopsAtSpikes = false
  /// Steps between saved adapters; nil saves at the end only.
  public var saveEvery: Int?
  /// Steps between validations; nil validates at the end only.
  public var evalEvery: Int?
  /// Tokens that are computed at a time; larger batches are cut, which changes nothing but memory.
  public var tokensPerPass = 512

  /// Whether blocks keep their inputs only and compute the rest again in the backward pass.
  ///
  /// Chen et al. 2016. The same bits, a third more time.
  public var recomputesActivations = false

  /// The defaults.
  public init() {}

  /// Throws `TrainingError.setting` for a number that no run can have.
  func check() throws(TrainingError) {
    let least: [(String, Int?)] = [
      ("steps", steps), ("batchSize", batchSize), ("accumulate", accumulate),
      ("saveEvery", saveEvery), ("evalEvery", evalEvery), ("tokensPerPass", tokensPerPass),
    ]
    for case (let name, let value?) in least where !(1...1_000_000_000).contains(value) {
      throw .setting(name: name, value: "\(value)", rule: "from 1 to 1,000,000,000")
    }
    for case (let name, let value?) in [
      ("loraPlusRatio", loraPlusRatio), ("neftuneAlpha", neftuneAlpha),
    ] where !(value > 0 && value <= 1e6) {
      throw .setting(name: name, value: "\(value)", rule: "above 0, at most 1,000,000")
    }
    if loraPlusRatio != nil, optimizer != .adamw {
      throw .setting(
        name: "loraPlusRatio", value: "set", rule: "nothing with Muon: LoRA+ is AdamW's")
    }
    guard epochs > 0, epochs <= 1e6 else {
      throw .setting(name: "epochs", value: "\(epochs)", rule: "above 0, at most 1,000,000")
    }
  }

  /// How many optimizer steps a run over `rows` rows takes.
  package func stepCount(rows: Int) -> Int {
    if let steps { return steps }
    let perEpoch = (rows + batchSize - 1) / batchSize
    let batches = max(1, (epochs * Double(perEpoch)).rounded(.up))
    return (Int(min(batches, 1e12)) + accumulate - 1) / accumulate
  }

  /// How many micro-batches step `step` (0 for the first) has: the last may have fewer.
  package func batchCount(ofStep step: Int, rows: Int) -> Int {
    if steps != nil { return accumulate }
    let perEpoch = (rows + batchSize - 1) / batchSize
    let batches = Int(min(max(1, (epochs * Double(perEpoch)).rounded(.up)), 1e12))
    return min(accumulate, batches - step * accumulate)
  }
}
