import Adapters
import Datasets
import ModelFiles
import Models
import NN
import TensorCore
import Testing
import Training

/// What is foretold of a run from what was measured of its parts.
@Suite struct StepTimingTests {
  @Test func everyPartIsCountedAsOftenAsItHappens() {
    var timing = StepTiming()
    (timing.secondsPerPass, timing.secondsPerToken, timing.secondsPerUpdate) = (0.5, 0.01, 0.25)
    (timing.tokensPerStep, timing.passesPerStep) = (100, 2)
    (timing.secondsPerValidationToken, timing.validationTokens) = (0.001, 1000)

    #expect(timing.secondsPerStep == 2.25)
    // Ten steps and one validation; then one after 4, 8 and 10.
    #expect(timing.seconds(steps: 10, evalEvery: nil) == 23.5)
    #expect(timing.seconds(steps: 10, evalEvery: 4) == 25.5)
    // The last of eight steps is validated once, not twice.
    #expect(timing.seconds(steps: 8, evalEvery: 4) == 20)
  }

  @Test func rowsAreVisitedForTheFirstTimeOnce() {
    var timing = StepTiming()
    (timing.secondsPerFirstVisitToken, timing.tokensPerStep) = (0.5, 40)
    (timing.rowsPerStep, timing.rows, timing.validationTokens) = (4, 16, 10)

    // Ten tokens a row: four rows, then all sixteen, however many steps follow.
    #expect(timing.seconds(steps: 1, evalEvery: nil) == 20)
    #expect(timing.seconds(steps: 4, evalEvery: nil) == 80)
    #expect(timing.seconds(steps: 40, evalEvery: nil) == 80)
    timing.remembersValidation = true
    #expect(timing.seconds(steps: 40, evalEvery: nil) == 85)
  }

  private func trainer(_ change: (inout TrainingConfiguration) -> Void) throws -> Trainer {
    let run = try TinyRun("llama-tied")
    let model = try ModelBundle(path: run.path).model
    var form = LoRAConfiguration(rank: 2)
    form.usesDoRA = true
    let adapter = try LoRAAdapter(form, attachingTo: model, seed: 5)
    var configuration = run.configuration()
    configuration.steps = 3
    configuration.batchSize = run.examples.count
    change(&configuration)
    return try Trainer(
      model: model, training: adapter, examples: run.examples, validation: run.examples,
      configuration: configuration)
  }

  @Test func passSizesAreThoseOfTheRun() throws {
    let lengths = try TinyRun("llama-tied").examples.map {
      PackedDocuments.inputCount(($0.ids, $0.labels))
    }

    let whole = try trainer { $0.tokensPerPass = 4096 }.passSizes()
    let single = try trainer { $0.tokensPerPass = 1 }.passSizes()

    let sum = lengths.reduce(0, +)
    #expect(lengths.count > 1)
    #expect(whole == PassSizes(largest: sum, validation: sum, areSummed: false))
    let longest = lengths.max() ?? 0
    #expect(single == PassSizes(largest: longest, validation: longest, areSummed: true))
  }

  /// Where the time is over, the first pass has to do.
  @Test func measuringStopsAtItsDeadline() throws {
    let timing = try trainer { _ in }.measureTiming(deadline: .now)

    #expect(timing.secondsPerToken > 0 && timing.tokensPerStep > 0)
    #expect(timing.secondsPerUpdate == 0 && timing.secondsPerValidationToken == 0)
  }

  @Test func measuringChangesNoBitOfTheRun() throws {
    let (plain, measured) = (try trainer { _ in }, try trainer { _ in })

    let timing = try measured.measureTiming(limit: .milliseconds(50))
    for trainer in [plain, measured] { try trainer.run { _ in } }

    #expect(timing.secondsPerToken > 0 && timing.secondsPerUpdate > 0)
    #expect(timing.longestPass == (try plain.passSizes().largest))
    let weights = [plain, measured].map { $0.trained.parameters.map(\.parameter.value) }
    #expect(weights[0] == weights[1])
    // Two moments beside each weight.
    let numbers = weights[0].reduce(0) { $0 + $1.count }
    #expect(plain.stateBytes == 12 * numbers)
  }
}
