package import Autodiff
public import Datasets
import Foundation
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
  let validation: [Example]
  private(set) var order: EpochOrder
  private let schedule: LearningRateSchedule
  private let parameters: [Parameter]

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

  /// A run over rows that need not be in memory.
  package init(
    model: DecoderLM, training trained: any TrainedWeights, source: any ExampleSource,
    validation: [Example], configuration: TrainingConfiguration
  ) throws {
    guard source.rowCount > 0 else { throw TrainingError.noExamples }
    try configuration.check()
    (self.model, self.trained, self.configuration) = (model, trained, configuration)
    (self.source, self.validation) = (source, validation)
    stepCount = configuration.stepCount(rows: source.rowCount)
    order = EpochOrder(
      BatchOrder(
        rowCount: source.rowCount, batchSize: configuration.batchSize,
        seed: configuration.shuffles ? configuration.seed : nil))
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
        record.validationLoss = try validationLoss(shouldStop: shouldStop, report)
        if record.validationLoss == nil, !validation.isEmpty, shouldStop() { return }
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
    let batch = try rows.flatMap { try source.examples(ofRow: $0) }
    let tokens = batch.reduce(0) { $0 + $1.supervisedCount }
    let (loss, gradients) = summedGradients(batch, weight: 1 / Float(max(tokens, 1)), step: step)
    let mean = loss / Double(max(tokens, 1))
    let norm = GradientClipping.norm(gradients)
    for (what, value) in [("loss", mean), ("gradient", norm)] where !value.isFinite {
      throw TrainingError.notFinite(what: what, step: step + 1, lines: batch.map(\.sourceLine))
    }
    if let spike = monitor.spike(mean, step: step + 1, lines: batch.map(\.sourceLine)) {
      if configuration.stopsAtSpikes { throw TrainingError.spike(spike) }
      try report(.spike(spike))
    }
    monitor.add(mean)
    let rate = schedule.rate(at: step)
    optimizer.step(
      gradients, learningRate: rate,
      gradientScale: GradientClipping.factor(norm: norm, limit: configuration.clip))
    completedSteps += 1
    seenRows += rows.count
    return StepRecord(
      step: completedSteps, epoch: Double(seenRows) / Double(source.rowCount), loss: mean,
      learningRate: rate, gradientNorm: norm, tokens: tokens,
      totalTokens: batch.reduce(0) { $0 + $1.ids.count },
      seconds: (ContinuousClock.now - start).inSeconds)
  }

  /// The summed loss of a batch and the gradients of `weight` times that sum, pass by pass.
  func summedGradients(_ batch: [Example], weight: Float, step: Int)
    -> (Double, [Tensor<Float>?])
  {
    var total = 0.0
    var gradients = [Tensor<Float>?](repeating: nil, count: parameters.count)
    let packs = PackedDocuments.packs(
      batch.map { ($0.ids, $0.labels) }, tokens: configuration.tokensPerPass)
    for (index, pack) in packs.enumerated() {
      let documents = PackedDocuments(pack)
      if documents.targets.isEmpty { continue }
      let tape = Tape<Float>()
      tape.profile = profile
      profile?.restart()
      let context = model.context(
        documents.segments, tape: tape, dropoutSeed: dropoutSeed(step: step, pack: index),
        recomputesActivations: configuration.recomputesActivations)
      let loss = model.summedLoss(documents, in: context)
      total += Double(loss.value.item)
      var found = tape.gradients(of: loss * weight)
      for (place, parameter) in parameters.enumerated() {
        guard let gradient = found.take(parameter) else { continue }
        if gradients[place] == nil {
          gradients[place] = gradient
        } else {
          gradients[place]?.add(gradient)
        }
      }
    }
    return (total, gradients)
  }

  private func dropoutSeed(step: Int, pack: Int) -> UInt64? {
    guard trained.dropout > 0 else { return nil }
    var generator = RandomGenerator(
      seed: configuration.seed, stream: UInt64(step) << 20 &+ UInt64(pack) &+ 1)
    return generator.next()
  }

  /// The mean loss over the validation rows; nil without any, or when told to stop.
  private func validationLoss(
    shouldStop: () -> Bool, _ report: (TrainingEvent) throws -> Void
  ) throws -> Double? {
    guard !validation.isEmpty else { return nil }
    var failure: (any Error)?
    let losses = LossEvaluator(model: model, tokensPerBatch: configuration.tokensPerPass)
      .losses(validation.map { ($0.ids, $0.labels) }) { completed in
        do {
          try report(.validating(completed: completed, total: validation.count))
        } catch {
          failure = error
        }
        return failure == nil && !shouldStop()
      }
    if let failure { throw failure }
    let tokens = losses.reduce(0) { $0 + $1.tokens }
    guard losses.count == validation.count, tokens > 0 else { return nil }
    return losses.reduce(0) { $0 + $1.nats } / Double(tokens)
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
