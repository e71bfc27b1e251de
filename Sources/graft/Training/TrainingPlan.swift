import Adapters
import Datasets
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import Tokenization
import Training

/// Everything that a training run needs, checked: nothing is written before this stands.
struct TrainingPlan {
  let settings: TrainSettings
  let bundle: ModelBundle
  let trained: any TrainedWeights
  let memory: MemoryForecast
  /// How the run fits in memory.
  let fit: MemoryForecast.Fit
  /// The peak of memory that is expected, bytes.
  let expectedPeak: Int
  /// What is learnt from; both sides of pairs, one after the other.
  let examples: [Example]
  let validation: [Example]
  /// The same as pairs, where the loss is one for them.
  let pairs: [PreferencePair]
  let validationPairs: [PreferencePair]
  let account: DataAccount
  let maxLength: Int
  /// What became of every row and token of every split, as `graft data check` tells it.
  let receipt: JSON
  /// Rows that the validation set shares with the training set, and those that are nearly the same.
  let leaks: (exact: Int, near: Int)
  let duplicates: Int
  /// The number of steps, where it was asked for or follows from the time that there is.
  var steps: Int?

  init(
    bundle: ModelBundle, settings: TrainSettings, files: [DatasetDirectory.SplitRows],
    sources: DatasetSources
  ) throws {
    self.settings = settings
    self.bundle = bundle
    steps = settings.steps
    let context = bundle.configuration.maxPositions
    maxLength = min(settings.maxLength ?? 2048, context)
    let builder = ExampleBuilder(
      tokenizer: bundle.tokenizer, vocabularySize: bundle.configuration.vocabularySize,
      maxLength: maxLength, overlong: settings.overlong, rawCompletions: settings.rawCompletions)
    let check = DataCheck(
      try files.map {
        try CheckedSplit(
          name: $0.split.rawValue, $0.file, builder: builder, purpose: settings.objective.purpose)
      })
    try check.requireUsable(maxLength: maxLength)
    let seed = settings.split.splitSeed
    let pairs = check.splits.first.map { sources.weightedPairs($0, seed: seed) } ?? []
    let validationPairs = Array(
      check.splits.dropFirst().flatMap(\.pairs).prefix(settings.evalRows))
    examples =
      check.splits.first.map { sources.weighted($0, seed: seed) + pairs.flatMap(\.examples) } ?? []
    guard !examples.isEmpty else { throw TrainingError.noExamples }
    (self.pairs, self.validationPairs) = (pairs, validationPairs)
    validation =
      check.splits.dropFirst().flatMap(\.examples).prefix(settings.evalRows)
      + validationPairs.flatMap(\.examples)
    account = check.splits.first?.account ?? DataAccount()
    var receipt = check.json
    receipt["sources"] = sources.json
    receipt["rows_per_epoch"] = JSON(pairs.isEmpty ? examples.count : pairs.count)
    self.receipt = JSON(receipt)
    leaks = check.overlaps.reduce(into: (0, 0)) { sum, overlap in
      sum.0 += overlap.exact.count
      sum.1 += overlap.near.count
    }
    duplicates = check.splits.first?.duplicates.count ?? 0
    trained = try Self.trained(settings, bundle)
    var memory = MemoryForecast(
      model: bundle.configuration, precision: settings.precision, training: trained)
    memory.present = ProcessMemory.residentBytes
    self.memory = memory
    let lengths = pairs.isEmpty ? examples.map(\.ids.count) : pairs.map(\.tokenCount)
    let held =
      validationPairs.isEmpty
      ? validation.map(\.ids.count) : validationPairs.map(\.tokenCount)
    fit = try Self.fit(memory, settings, longest: (lengths + held).max() ?? 1)
    expectedPeak = Self.expectedPeak(memory, fit, settings, lengths, held)
  }

  /// What is trained, in a model that is ready for it.
  private static func trained(_ settings: TrainSettings, _ bundle: ModelBundle) throws
    -> any TrainedWeights
  {
    if settings.method == .full { return WholeModel(bundle.model) }
    let pack = { if settings.precision == .bf16 { bundle.model.packFrozenWeights() } }
    if let path = settings.initAdapter {
      pack()
      return try LoadedModel.attach(path, to: bundle, verifyingBase: !settings.forceBase)
    }
    return try LoRAAdapter(
      settings.adapter.configuration(bundle.tokenizer), attachingTo: bundle.model,
      seed: settings.seed, packing: pack)
  }

  private static func fit(
    _ memory: MemoryForecast, _ settings: TrainSettings, longest: Int
  ) throws -> MemoryForecast.Fit {
    let usual = settings.method.usualTokensPerPass
    guard let limit = settings.memory?.bytes else {
      return .init(tokensPerPass: usual, recomputes: settings.recompute)
    }
    if let fit = memory.fit(
      limit: limit, usual: usual, longest: longest, recomputes: settings.recompute)
    {
      return fit
    }
    throw TrainingError.memoryLimit(
      limit: limit, least: memory.peakBytes(tokensPerPass: longest, recomputes: true) / 9 * 10,
      longestRow: longest)
  }

  /// Bytes of the weights that the run saves at its end.
  var productBytes: Int {
    let numbers = trained.parameters.reduce(0) { $0 + $1.parameter.value.count }
    if settings.method == .full { return numbers * (settings.save == .bf16 ? 2 : 4) }
    // A PiSSA adapter travels at twice its rank.
    return numbers * (adapter?.configuration.initialization == .pissa ? 8 : 4)
  }

  /// The adapter that is trained; nil where the whole model is.
  var adapter: LoRAAdapter? { trained as? LoRAAdapter }

  /// What the trainer is told.
  var configuration: TrainingConfiguration {
    var configuration = settings.configuration
    configuration.steps = steps
    if let ratio = settings.watching.warmupRatio {
      let count = configuration.stepCount(rows: rowCount)
      configuration.warmup = Int((ratio * Double(count)).rounded(.up))
    }
    configuration.tokensPerPass = fit.tokensPerPass
    configuration.recomputesActivations = fit.recomputes
    return configuration
  }

  private static func expectedPeak(
    _ memory: MemoryForecast, _ fit: MemoryForecast.Fit, _ settings: TrainSettings,
    _ rowLengths: [Int], _ held: [Int]
  ) -> Int {
    let lengths = rowLengths.sorted(by: >)
    let most = lengths.prefix(settings.batchSize * settings.accumulate).reduce(0, +)
    let largest = max(fit.tokensPerPass, lengths.first ?? 1)
    return memory.peakBytes(
      tokensPerPass: min(largest, most), recomputes: fit.recomputes, isOnePass: most <= largest,
      validationTokens: min(max(fit.tokensPerPass, held.max() ?? 0), held.reduce(0, +)))
  }

  /// Says on stderr what will be trained on, and what a person should know before it starts.
  func announce() {
    for warning in warnings { Log.warning(warning) }
    Log.info(
      """
      model    \(bundle.origin.path), \(Quantity.count(parameterCount)) parameters
      data     \(Quantity.count(account.examples)) of \(Quantity.count(account.rows)) rows, \
      \(Quantity.count(account.supervisedTokens)) of \(Quantity.count(account.tokens)) tokens supervised, \
      a turn's end in \(Quantity.count(account.examplesThatStop)) rows
      rows     \(ReceiptReport.formats(account)); \(Quantity.count(rowCount)) an epoch, \
      \(Quantity.count(validationRowCount)) to validate on
      training \(description)
      memory   about \(Quantity.bytes(expectedPeak)) at most, \(Quantity.count(fit.tokensPerPass)) tokens \
      a pass\(fit.recomputes ? ", activations computed again" : "")
      """)
  }

  private var description: String {
    guard let adapter else { return "all weights, f32" }
    let c = adapter.configuration
    return
      "\(adapter.description.methodName) rank \(c.rank), alpha \(c.alpha), \(adapter.layers.count) layers, "
      + "\(Quantity.count(adapter.parameterCount)) parameters; base in \(settings.precision.rawValue)"
  }

  /// Rows of an epoch, and to validate on; a pair is one.
  private var rowCount: Int { pairs.isEmpty ? examples.count : pairs.count }
  var validationRowCount: Int {
    validationPairs.isEmpty ? validation.count : validationPairs.count
  }

  /// What the model answers along the way: of pairs, the prompts with their better answers.
  var sampledExamples: [Example] {
    validationPairs.isEmpty ? validation : validationPairs.map(\.chosen)
  }

  private var parameterCount: Int {
    DecoderLM.parameterCount(bundle.configuration)
  }

  private var warnings: [String] {
    var result: [String] = []
    func warn(_ count: Int, _ text: String) {
      if count > 0 { result.append("\(Quantity.count(count)) \(text)") }
    }
    if settings.precision == .bf16, !FrozenMatrix.isSupported {
      result.append(
        "no bf16 arithmetic here (AVX-512 BF16, or it is switched off): --precision bf16 is emulated, and slower than f32"
      )
    }
    if let asked = settings.maxLength, asked > maxLength {
      result.append("--max-length \(asked) is cut to the model's context of \(maxLength) tokens")
    }
    warn(account.droppedOverlong, "rows are longer than \(maxLength) tokens and left out")
    warn(
      account.droppedLongPrompts, "rows have prompts that fill \(maxLength) tokens and are left out"
    )
    warn(
      account.truncated,
      "rows are cut at \(maxLength) tokens and lose \(account.truncatedTargets) supervised ones")
    warn(duplicates, "training rows repeat an earlier one")
    warn(leaks.exact, "validation rows stand in the training set too")
    warn(leaks.near, "validation rows are nearly the same as training rows")
    warn(account.rowsLosingTargets, "rows lose the end of an answer")
    warn(account.rowsWithSpecialText, "rows spell a control token in their text; it stays text")
    if settings.objective.loss == .dpo, settings.initAdapter != nil {
      result.append(
        "the reference of --loss dpo is the base without --init-adapter, not the adapter as it begins"
      )
    }
    if let tokens = adapter?.configuration.trainedTokens, !tokens.isEmpty {
      let seen = examples.reduce(into: Set<Int32>()) { $0.formUnion($1.ids) }
      warn(
        tokens.count { !seen.contains(Int32(clamping: $0)) },
        "tokens that are trained stand in no row: nothing teaches what they mean")
    }
    if account.examplesThatStop == 0 {
      result.append("no row ends with a token that stops: the model will not learn to stop")
    }
    for (key, count) in account.ignoredKeys.sorted(by: { $0.key < $1.key }) where key != "id" {
      warn(count, "rows have a key '\(key.escapedForMessage())' that nothing reads")
    }
    return result
  }
}
