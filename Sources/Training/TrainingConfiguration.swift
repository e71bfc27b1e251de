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

  /// What is minimised.
  public var loss = TrainingLoss.sft
  /// β of preference losses: how much a log-ratio counts.
  ///
  /// Large values keep the model close to its reference (DPO), or weigh the odds ratio against the cross-entropy
  /// (ORPO).
  public var beta = 0.1
  /// The probability, below 0.5, with which the labels of DPO's pairs are taken to be wrong.
  public var labelSmoothing = 0.0
  /// How batches are put together.
  public var batching = Batching.shuffled
  /// Whether hidden states of blocks in which nothing learns are kept over the epochs: the same bits, less time.
  public var cachesFrozenPrefix = true
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

  /// Refuses what no run can have.
  ///
  /// - Parameter pairs: Whether rows are pairs of answers.
  /// - Throws: `TrainingError.setting`.
  func check(pairs: Bool) throws(TrainingError) {
    guard loss.learnsFromPairs == pairs else {
      throw .setting(name: "loss", value: loss.rawValue, rule: pairs ? "dpo or orpo" : "sft")
    }
    guard beta > 0, beta <= 1000 else {
      throw .setting(name: "beta", value: "\(beta)", rule: "above 0, at most 1000")
    }
    guard labelSmoothing >= 0, labelSmoothing < 0.5 else {
      throw .setting(name: "labelSmoothing", value: "\(labelSmoothing)", rule: "from 0, below 0.5")
    }
    guard batching == .shuffled || shuffles else {
      throw .setting(
        name: "batching", value: "grouped", rule: "shuffled where rows keep their order")
    }
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

  /// Whether a run over `rows` rows comes back to one of them.
  package func visitsRowsAgain(rows: Int) -> Bool {
    guard steps != nil else { return epochs > 1 }
    let perEpoch = (rows + batchSize - 1) / batchSize
    let (batches, isOverflow) = stepCount(rows: rows).multipliedReportingOverflow(by: accumulate)
    return isOverflow || batches > perEpoch
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
