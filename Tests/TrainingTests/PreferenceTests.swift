import Adapters
import Datasets
import Foundation
import Models
import NN
import SafeIO
import TensorCore
import TestSupport
import Testing
import Training

/// A tiny model of `Fixtures/Models` with the pairs that TRL trained on (`preferences.json`).
struct TinyPairs {
  let run: TinyRun
  let json: JSON
  let pairs: [PreferencePair]

  init(_ name: String) throws {
    run = try TinyRun(name)
    json = try JSON(
      parsing: InputFile.contents(of: "\(run.path)/preferences.json", maxBytes: 1 << 20))
    pairs = (json["pairs"]?.array ?? []).map { pair in
      let prompt = (pair["prompt_ids"]?.ints ?? []).map { Int32($0) }
      func side(_ key: String) -> Example {
        let answer = (pair[key]?.ints ?? []).map { Int32($0) }
        return Example(
          ids: prompt + answer,
          labels: [Int32](repeating: Example.ignored, count: prompt.count) + answer,
          targetBytes: 0, promptIDs: [], answer: nil, sourceLine: 1)
      }
      return PreferencePair(chosen: side("chosen_ids"), rejected: side("rejected_ids"))
    }
  }

  func configuration(_ loss: TrainingLoss, smoothing: Double = 0) -> TrainingConfiguration {
    var configuration = run.configuration()
    configuration.loss = loss
    configuration.beta = json["beta"]?.double ?? 0
    configuration.labelSmoothing = smoothing
    configuration.learningRate = json["optimizer"]?["learning_rate"]?.double ?? 0
    configuration.weightDecay = json["optimizer"]?["weight_decay"]?.double ?? 0
    configuration.batchSize = pairs.count
    return configuration
  }

  func train(
    _ configuration: TrainingConfiguration, validation: [PreferencePair] = []
  ) throws -> [StepRecord] {
    let trainer = try Trainer(
      model: run.model, training: run.adapter, pairs: pairs, validation: validation,
      configuration: configuration)
    var records: [StepRecord] = []
    try trainer.run { if case .step(let record) = $0 { records.append(record) } }
    return records
  }
}

/// Ten steps of DPO and ORPO against TRL (`scripts/reference_preferences.py`).
@Suite struct PreferenceTests {
  static let tolerance = 1e-4

  @Test(
    arguments: ["llama-untied", "llama-tied"],
    [("dpo", TrainingLoss.dpo, 0.0), ("dpo_smoothed", .dpo, 0.1), ("orpo", .orpo, 0.0)])
  func tenStepsMatchTRL(_ name: String, _ run: (key: String, loss: TrainingLoss, smoothing: Double))
    throws
  {
    let tiny = try TinyPairs(name)
    let steps = try #require(tiny.json[run.key]?.array)

    let records = try tiny.train(tiny.configuration(run.loss, smoothing: run.smoothing))

    #expect(records.count == 10 && steps.count == 10)
    for (record, step) in zip(records, steps) {
      let loss = try #require(step["loss"]?.double)
      #expect(abs(record.loss - loss) <= Self.tolerance * max(loss, 1), "\(record.step)")
      let found = JSON(record.json)
      for key in [
        "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies",
        "logps/chosen", "logps/rejected",
      ] + (run.loss == .orpo ? ["nll_loss"] : []) {
        let (a, b) = (try #require(found[key]?.double), try #require(step[key]?.double))
        #expect(abs(a - b) <= Self.tolerance * max(abs(b), 1), "\(record.step) \(key): \(a), \(b)")
      }
    }
  }

  @Test(arguments: [TrainingLoss.dpo, .orpo])
  func passesOfFewTokensAndAccumulationChangeNothing(_ loss: TrainingLoss) throws {
    let (whole, cut) = (try TinyPairs("llama-tied"), try TinyPairs("llama-tied"))
    var configuration = cut.configuration(loss)
    configuration.tokensPerPass = 1
    configuration.batchSize = 1
    configuration.accumulate = 3

    let expected = try whole.train(whole.configuration(loss))
    let records = try cut.train(configuration)

    for (a, b) in zip(records, expected) { #expect(abs(a.loss - b.loss) <= 1e-5 * b.loss) }
    #expect(records.map(\.tokens) == expected.map(\.tokens))
  }

  @Test func labelsOfBothSidesAreCounted() throws {
    let tiny = try TinyPairs("llama-tied")

    let record = try #require(try tiny.train(tiny.configuration(.dpo)).first)

    #expect(record.tokens == 9 + 5 + 3 + 12 + 6 + 6)
    #expect(record.totalTokens == record.tokens + 2 * (7 + 4 + 11))
  }

  /// The loss on the training pairs after ten steps is that of an eleventh.
  @Test(arguments: [TrainingLoss.dpo, .orpo])
  func validationMeasuresWhatIsMinimised(_ loss: TrainingLoss) throws {
    let (tiny, longer) = (try TinyPairs("llama-untied"), try TinyPairs("llama-untied"))
    var configuration = longer.configuration(loss)
    configuration.steps = 11

    let last = try #require(try tiny.train(tiny.configuration(loss), validation: tiny.pairs).last)
    let next = try #require(try longer.train(configuration).last)

    #expect(abs(try #require(last.validationLoss) - next.loss) <= 1e-6 * next.loss)
    let (found, expected) = (
      try #require(last.validationPreference), try #require(next.preference)
    )
    #expect(abs(found.margin - expected.margin) < 1e-5)
    #expect(StepRecord(json: JSON(last.json)) == last)
  }

  /// Rows to validate on are numbered from 0 too: what is remembered of them is apart from the training rows.
  @Test func pairsToValidateOnHaveReferencesOfTheirOwn() throws {
    func losses(_ order: ([PreferencePair]) -> [PreferencePair]) throws -> [Double] {
      let tiny = try TinyPairs("llama-untied")
      var configuration = tiny.configuration(.dpo)
      configuration.evalEvery = 2
      return try tiny.train(configuration, validation: order(tiny.pairs)).compactMap(
        \.validationLoss)
    }

    let (forwards, backwards) = (try losses { $0 }, try losses { $0.reversed() })

    #expect(forwards.count == 5)
    for (a, b) in zip(forwards, backwards) { #expect(abs(a - b) <= 1e-6, "\(a), \(b)") }
  }

  @Test(arguments: [TrainingLoss.dpo, .orpo])
  func runThatGoesOnHasTheBitsOfOneThatNeverStopped(_ loss: TrainingLoss) throws {
    func trainer() throws -> Trainer {
      let tiny = try TinyPairs("llama-tied")
      var configuration = tiny.configuration(loss)
      configuration.batchSize = 2
      configuration.shuffles = true
      configuration.batching = .grouped
      return try Trainer(
        model: tiny.run.model, training: tiny.run.adapter, pairs: tiny.pairs,
        configuration: configuration)
    }
    let straight = try trainer()
    try straight.run { _ in }

    for stop in [1, 4] {
      let first = try trainer()
      try first.run(shouldStop: { first.completedSteps == stop }) { _ in }
      let second = try trainer()
      try second.restore(first.snapshot())
      try second.run { _ in }

      #expect(
        second.trained.parameters.map(\.parameter.value)
          == straight.trained.parameters.map(\.parameter.value))
    }
  }

  @Test func theSlopesAreThoseOfTheLosses() {
    for loss in [
      PreferenceLoss(.dpo, beta: 0.3), PreferenceLoss(.dpo, beta: 0.7, labelSmoothing: 0.2),
      PreferenceLoss(.orpo, beta: 0.5),
    ] {
      for shift in [-3.0, 0, 2] {
        let scores = PreferenceLoss.Scores(
          chosen: -9 + shift, rejected: -11, chosenCount: 4, rejectedCount: 7,
          reference: .init(chosen: -10, rejected: -9))
        func difference(_ path: WritableKeyPath<PreferenceLoss.Scores, Double>) -> Double {
          var (up, down) = (scores, scores)
          up[keyPath: path] += 1e-5
          down[keyPath: path] -= 1e-5
          return (loss.outcome(up).loss - loss.outcome(down).loss) / 2e-5
        }

        let outcome = loss.outcome(scores)

        #expect(abs(outcome.chosenSlope - difference(\.chosen)) < 1e-8)
        #expect(abs(outcome.rejectedSlope - difference(\.rejected)) < 1e-8)
      }
    }
  }

  @Test func certainAnswersHaveFiniteLosses() {
    let scores = PreferenceLoss.Scores(
      chosen: 0, rejected: -1e4, chosenCount: 1, rejectedCount: 1,
      reference: .init(chosen: -1e4, rejected: 0))

    for loss in [PreferenceLoss(.dpo, beta: 1000), PreferenceLoss(.orpo, beta: 1000)] {
      let outcome = loss.outcome(scores)
      #expect(outcome.loss.isFinite && outcome.chosenSlope.isFinite && outcome.loss >= 0)
    }
  }

  @Test func settingsThatDoNotGoTogetherAreRefused() throws {
    let tiny = try TinyPairs("llama-tied")
    var grouped = tiny.configuration(.dpo)
    grouped.batching = .grouped
    var certain = tiny.configuration(.dpo)
    certain.labelSmoothing = 0.5
    var none = tiny.configuration(.orpo)
    none.beta = 0

    for configuration in [tiny.configuration(.sft), grouped, certain, none] {
      #expect(throws: TrainingError.self) { try tiny.train(configuration) }
    }
    #expect(throws: TrainingError.self) {
      let other = try TinyPairs("llama-untied")
      let model = try ModelBundle(path: other.run.path).model
      _ = try Trainer(
        model: model, training: WholeModel(model), pairs: other.pairs,
        configuration: other.configuration(.dpo))
    }
  }
}
