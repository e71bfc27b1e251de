import ArgumentParser
import Datasets
import Foundation
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import Tokenization
import Training

/// Everything that pre-training needs, checked, and what it will take.
struct PretrainPlan {
  let settings: PretrainSettings
  let bundle: ModelBundle
  let corpus: PretrainCorpus
  let windows: TokenWindows
  let validation: [Example]
  /// Bytes of text that the validation predicts.
  let validationBytes: Int
  let configuration: TrainingConfiguration
  let parameterCount: Int
  let expectedPeak: Int

  /// Tokens that a model of this size could make use of: 20 a parameter.
  ///
  /// Hoffmann et al. 2022.
  private static func wantedTokens(_ parameters: Int) -> Int { 20 * parameters }

  init(settings: PretrainSettings, bundle: ModelBundle, corpus: PretrainCorpus) throws {
    (self.settings, self.bundle, self.corpus) = (settings, bundle, corpus)
    parameterCount = DecoderLM.parameterCount(bundle.configuration)
    windows = TokenWindows(corpus.training, length: settings.context)
    guard windows.rowCount > 0 else {
      throw TrainingError.noExamples
    }
    let held = TokenWindows(corpus.validation, length: settings.context)
    let some = min(held.rowCount, max(1, settings.evalTokens.count / settings.context))
    validation = try (0..<some).flatMap { try held.examples(ofRow: $0) }
    let tokenizer = bundle.tokenizer
    validationBytes = validation.reduce(0) { sum, example in
      let ids = example.ids.dropFirst().lazy.map { Int($0) }
        .filter { tokenizer?.isSpecial($0) == false }
      return sum + (tokenizer?.decodeBytes(ids).count ?? 0)
    }
    configuration = Self.configuration(
      settings, windows: windows.rowCount, tokens: windows.targetCount,
      wanted: Self.wantedTokens(parameterCount))
    expectedPeak = Self.peakBytes(
      bundle.configuration,
      isOnePass: configuration.batchSize * settings.context <= configuration.tokensPerPass)
  }

  private static func configuration(
    _ settings: PretrainSettings, windows: Int, tokens: Int, wanted: Int
  ) -> TrainingConfiguration {
    var result = TrainingConfiguration()
    result.batchSize = max(1, settings.batchTokens.count / settings.context)
    result.accumulate = settings.accumulate
    let perEpoch = max(1, windows / (result.batchSize * result.accumulate))
    if let total = settings.tokens {
      let perStep = result.batchSize * result.accumulate * settings.context
      result.steps = max(1, total.count / perStep)
    } else if let epochs = settings.epochs {
      result.epochs = epochs
    } else {
      // Up to four passes are nearly as good as new text (Muennighoff et al. 2023).
      result.epochs = max(1, min(4, Double(wanted) / Double(max(tokens, 1))))
    }
    let steps = result.stepCount(rows: windows)
    result.optimizer = settings.optimizer
    result.beta2 = 0.95
    result.learningRate = settings.peakLearningRate
    result.schedule = settings.schedule
    result.warmup = settings.warmup ?? min(max(1, steps / 50), perEpoch)
    result.weightDecay = settings.weightDecay
    result.decaysMatricesOnly = true
    result.clip = settings.clip.value
    result.seed = settings.seed
    result.evalEvery = settings.evalEvery ?? max(1, steps / 10)
    result.saveEvery = settings.saveEvery
    result.tokensPerPass = TrainingMethod.full.usualTokensPerPass
    return result
  }

  /// Refuses a model that this computer cannot hold with its gradients and moments, before it is made.
  static func requireMemory(for shape: TransformerConfiguration) throws {
    let numbers = DecoderLM.parameterCount(shape)
    let needed = peakBytes(shape, isOnePass: false)
    let present = ProcessInfo.processInfo.physicalMemory
    guard needed <= Int(clamping: present) else {
      throw ValidationError(
        "a model of \(Quantity.count(numbers)) parameters takes about \(Quantity.bytes(needed)) to train, and "
          + "this computer has \(Quantity.bytes(Int(clamping: present))): choose a smaller --size.")
    }
  }

  private static func memory(_ shape: TransformerConfiguration) -> MemoryForecast {
    MemoryForecast(
      model: shape, precision: .f32, trainedCount: DecoderLM.parameterCount(shape), rank: 0,
      hasDropout: false)
  }

  /// What passes take.
  var memory: MemoryForecast { Self.memory(bundle.configuration) }

  /// The peak of memory when all of a model is trained; a window that is longer than a pass is not cut.
  private static func peakBytes(_ shape: TransformerConfiguration, isOnePass: Bool) -> Int {
    memory(shape).peakBytes(
      tokensPerPass: max(TrainingMethod.full.usualTokensPerPass, shape.maxPositions),
      recomputes: false, isOnePass: isOnePass)
  }

  /// The bits that a byte of held-out text takes, from the mean loss of a token in nats.
  func bitsPerByte(_ loss: Double) -> Double? {
    let tokens = validation.reduce(0) { $0 + $1.supervisedCount }
    guard validationBytes > 0 else { return nil }
    return loss * Double(tokens) / Double(validationBytes) / log(2)
  }

  /// Says on stderr what is going to happen, and what a person should know before it starts.
  func announce(steps: Int, seconds: Double) {
    let c = bundle.configuration
    let tokens = steps * configuration.batchSize * configuration.accumulate * settings.context
    for warning in warnings(tokens: tokens) { Log.warning(warning) }
    let account = corpus.account
    let perToken = Double(account.bytes) / Double(max(1, account.tokens))
    let epochs = Double(tokens) / Double(max(1, windows.targetCount))
    Log.info(
      """
      model    \(Quantity.count(parameterCount)) parameters: \(c.layerCount) blocks, \(c.hiddenSize) wide, \
      \(c.headCount) heads, vocabulary of \(Quantity.count(c.vocabularySize))
      text     \(Quantity.count(account.documents)) documents, \(Quantity.count(account.tokens)) tokens of \
      \(Quantity.fixed(perToken, digits: 2)) bytes; \(Quantity.count(account.heldOut)) documents held out
      training \(Quantity.count(steps)) steps, \(Quantity.count(tokens)) tokens \
      (\(Quantity.fixed(epochs, digits: 1)) epochs); this size could use \(Quantity.count(Self.wantedTokens(parameterCount)))
      time     about \(Quantity.duration(seconds)), at \
      \(Quantity.rate(Double(tokens) / max(seconds, 1e-12), of: "tokens")) as just measured
      memory   about \(Quantity.bytes(expectedPeak)) at most
      """)
  }

  private func warnings(tokens: Int) -> [String] {
    var result: [String] = []
    let account = corpus.account
    if account.invalidBytes > 0 {
      result.append(
        "\(Quantity.count(account.invalidBytes)) bytes are not UTF-8; they are learnt as they are")
    }
    if account.rowsWithoutText > 0 {
      result.append("\(Quantity.count(account.rowsWithoutText)) rows have no text and are left out")
    }
    if account.tooShort > 0 {
      result.append("\(Quantity.count(account.tooShort)) documents of a single token are left out")
    }
    for (key, count) in account.ignoredKeys.sorted(by: { $0.key < $1.key }) where key != "id" {
      result.append(
        "\(Quantity.count(count)) rows have a key '\(key.escapedForMessage())' that nothing reads")
    }
    if validation.isEmpty {
      result.append(
        "no text is held out: there is no validation. Raise --valid-share, or give --valid.")
    }
    if settings.batchTokens.count % settings.context != 0 {
      result.append(
        "--batch-tokens \(settings.batchTokens.count) is cut to \(configuration.batchSize) windows of \(settings.context)"
      )
    }
    if tokens > 20 * windows.targetCount {
      result.append(
        "the text is read \(tokens / max(1, windows.targetCount)) times: expect it to be learnt by heart"
      )
    }
    return result
  }
}
