package import Autodiff
public import Datasets
import Foundation
import ModelFiles
public import Models
import NN
import Optimizers
import TensorCore

/// Fine-tunes an adapter or a whole model: batches, forward and backward pass, clipping, AdamW, validation.
///
/// A run is a function of model, first weights, rows and configuration: the same seed gives the same bits at
/// any number of threads.
public final class Trainer {
  /// The model that computes.
  public let model: DecoderLM
  /// What is trained.
  public let trained: any TrainedWeights
  /// How it is trained.
  public let configuration: TrainingConfiguration
  /// How many optimizer steps the run takes.
  public let stepCount: Int
  /// Where the time goes; set before `run`.
  package var profile: OperationProfile?
  /// How many steps were taken.
  public internal(set) var completedSteps = 0

  /// What is remembered between steps: all of it is in a `TrainerSnapshot`.
  let optimizer: any Optimizer
  var seenRows = 0
  var monitor = LossMonitor()
  /// A step that was taken, and is not reported yet because its validation was broken off.
  var pending: StepRecord?

  let source: any ExampleSource
  /// The rows to validate on, each with its documents.
  let validation: [[RowDocument]]
  private(set) var order: EpochOrder
  private let schedule: LearningRateSchedule
  let parameters: [Parameter]
  /// What pairs are compared with, by their place: found once for each.
  var references: [RowDocument.Place: PreferenceLoss.Reference] = [:]
  /// How many blocks are computed apart from the rest because nothing in them learns.
  package let prefixBlocks: Int
  /// Where `prefixStates` are kept; made at the first use.
  package var prefixCache: PrefixCache?
  /// Where a scratch file for them may lie; set before `run`.
  package var scratchDirectory: String?
  /// Tensors that no gradient has reached yet.
  private var untrained: UntrainedTensors

  /// A run over `examples`.
  ///
  /// - Parameters:
  ///   - model: The model that computes, with whatever is attached to it.
  ///   - trained: What is trained: an adapter of the model, or all of it.
  ///   - examples: What is learnt from.
  ///   - validation: What the loss is measured on along the way, and at the end.
  ///   - configuration: How it is trained.
  /// - Throws: `TrainingError.noExamples`, `TrainingError.setting`.
  public convenience init(
    model: DecoderLM, training trained: any TrainedWeights, examples: [Example],
    validation: [Example] = [],
    configuration: TrainingConfiguration
  ) throws {
    guard examples.contains(where: { $0.supervisedCount > 0 }) else {
      throw TrainingError.noExamples
    }
    try self.init(
      model: model, training: trained, source: ExampleList(examples), validation: validation,
      configuration: configuration)
  }

  /// A run over pairs of answers, with one of the losses for them.
  ///
  /// - Parameters:
  ///   - model: The model that computes, with whatever is attached to it.
  ///   - trained: What is trained. DPO compares it with the model without it: it needs an adapter.
  ///   - pairs: What is learnt from.
  ///   - validation: What the loss is measured on along the way, and at the end.
  ///   - configuration: How it is trained; its `loss` is one for pairs.
  /// - Throws: `TrainingError.noExamples`, `TrainingError.setting`.
  public convenience init(
    model: DecoderLM, training trained: any TrainedWeights, pairs: [PreferencePair],
    validation: [PreferencePair] = [], configuration: TrainingConfiguration
  ) throws {
    try self.init(
      model: model, training: trained, source: PairList(pairs),
      validationRows: validation.map(\.examples), configuration: configuration)
  }

  /// A run over rows that need not be in memory.
  package convenience init(
    model: DecoderLM, training trained: any TrainedWeights, source: any ExampleSource,
    validation: [Example], configuration: TrainingConfiguration
  ) throws {
    try self.init(
      model: model, training: trained, source: source, validationRows: validation.map { [$0] },
      configuration: configuration)
  }

  private init(
    model: DecoderLM, training trained: any TrainedWeights, source: any ExampleSource,
    validationRows: [[Example]], configuration: TrainingConfiguration
  ) throws {
    guard source.rowCount > 0 else { throw TrainingError.noExamples }
    try configuration.check(pairs: source is PairList)
    guard configuration.loss != .dpo || trained is any SwitchableWeights else {
      throw TrainingError.setting(
        name: "loss", value: "dpo", rule: "sft or orpo where no adapter can be taken away")
    }
    (self.model, self.trained, self.configuration) = (model, trained, configuration)
    self.source = source
    validation = validationRows.enumerated().map { row, examples in
      examples.enumerated().map {
        RowDocument(place: .init(isValidation: true, row: row, index: $0), example: $1)
      }
    }
    stepCount = configuration.stepCount(rows: source.rowCount)
    order = EpochOrder(
      BatchOrder(
        rowCount: source.rowCount, batchSize: configuration.batchSize,
        seed: configuration.shuffles ? configuration.seed : nil,
        lengths: configuration.batching == .grouped ? try source.lengths() : nil))
    // Noise on the embeddings makes what enters a block new at every step.
    let keepsPrefix =
      configuration.neftuneAlpha == nil && configuration.visitsRowsAgain(rows: source.rowCount)
    prefixBlocks = keepsPrefix ? model.frozenBlocks : 0
    let sharesTable = model.configuration.tiesEmbeddings
    untrained = UntrainedTensors(trained.parameters.map(\.path)) { name in
      // Rows of a table that is looked up only learn from rows that have their tokens, whenever those come.
      !sharesTable && name.contains("embed_tokens.token_adapter.")
    }
    schedule = LearningRateSchedule(
      kind: .init(configuration.schedule), peak: configuration.learningRate,
      warmupSteps: configuration.warmup, totalSteps: stepCount)
    parameters = trained.parameters.map(\.parameter)
    optimizer = configuration.optimizer(for: trained.parameters)
  }

  /// Whether there is nothing left to do.
  public var isComplete: Bool { completedSteps == stepCount && pending == nil }

  /// Trains until the last step, or until `shouldStop` says so between steps.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked between steps and between batches of a validation.
  ///   - report: Called with every event as it happens; what it throws ends the run.
  /// - Throws: `TrainingError.notFinite`, `TrainingError.spike`, after which the weights are those of the
  ///   step before; what `report` throws.
  public func run(
    shouldStop: () -> Bool = { false }, report: (TrainingEvent) throws -> Void
  ) throws {
    while !isComplete, !shouldStop() {
      var record = try pending ?? step(report)
      pending = record
      if isDue(configuration.evalEvery) || completedSteps == stepCount {
        let found = try validate(shouldStop: shouldStop, report)
        if found == nil, !validation.isEmpty, shouldStop() { return }
        (record.validationLoss, record.validationPreference) = (found?.loss, found?.preference)
      }
      pending = nil
      try report(.step(record))
      if isDue(configuration.saveEvery), completedSteps < stepCount {
        try report(.checkpoint(step: completedSteps))
      }
    }
  }

  private func isDue(_ interval: Int?) -> Bool {
    interval.map { completedSteps % $0 == 0 } ?? false
  }

  /// One optimizer step over its micro-batches.
  private func step(_ report: (TrainingEvent) throws -> Void) throws -> StepRecord {
    let start = ContinuousClock.now
    let step = completedSteps
    let batchCount = configuration.batchCount(ofStep: step, rows: source.rowCount)
    let rows = (0..<batchCount).flatMap { order.batch(step * configuration.accumulate + $0) }
    let batch = try rows.map { try documents(ofRow: $0) }
    let examples = batch.flatMap { $0 }.map(\.example)
    let tokens = examples.reduce(0) { $0 + $1.supervisedCount }
    let (mean, gradients, preference) = lossAndGradients(batch, step: step)
    let norm = GradientClipping.norm(gradients)
    let lines = examples.map(\.sourceLine)
    for (what, value) in [("loss", mean), ("gradient", norm)] where !value.isFinite {
      throw TrainingError.notFinite(what: what, step: step + 1, lines: lines)
    }
    if let spike = monitor.spike(mean, step: step + 1, lines: lines) {
      if configuration.stopsAtSpikes { throw TrainingError.spike(spike) }
      try report(.spike(spike))
    }
    let rate = schedule.rate(at: step)
    try untrained.requireNone(
      gradients, rate: rate, step: step + 1,
      longest: examples.map(\.ids.count).max() ?? 0)
    monitor.add(mean)
    optimizer.step(
      gradients, learningRate: rate,
      gradientScale: GradientClipping.factor(norm: norm, limit: configuration.clip))
    completedSteps += 1
    seenRows += rows.count
    return StepRecord(
      step: completedSteps, epoch: Double(seenRows) / Double(source.rowCount), loss: mean,
      learningRate: rate, gradientNorm: norm, tokens: tokens,
      totalTokens: examples.reduce(0) { $0 + $1.ids.count },
      seconds: (ContinuousClock.now - start).inSeconds, preference: preference)
  }
}

extension LearningRateSchedule.Kind {
  fileprivate init(_ schedule: TrainingConfiguration.Schedule) {
    switch schedule {
    case .constant: self = .constant
    case .linear: self = .linear
    case .cosine: self = .cosine
    case .wsd: self = .wsd
    }
  }
}

extension Duration {
  /// The duration in seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
