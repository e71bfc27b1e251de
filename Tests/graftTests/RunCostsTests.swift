import Foundation
import Testing
import Training
import graft

/// What a run is foretold to take beside its steps.
@Suite struct RunCostsTests {
  /// A step takes a second; a state of 1,000 bytes 12 s, what is made of 100 bytes 1.1 s and 0.1 s for its hash.
  private func costs(_ change: (inout RunCosts) -> Void = { _ in }) -> RunCosts {
    var (timing, saving) = (StepTiming(), SavingTiming())
    (timing.secondsPerPass, timing.passesPerStep) = (1, 1)
    (timing.secondsPerValidationToken, timing.validationTokens) = (0.5, 10)
    (saving.secondsPerByte, saving.secondsPerHashedByte) = (0.01, 0.001)
    saving.secondsPerFlush = 0.01
    var costs = RunCosts(
      timing: timing, saving: saving, stateBytes: 1000, productBytes: 100, secondsPerLook: 2,
      validates: true, evalEvery: nil, saveEvery: nil)
    change(&costs)
    return costs
  }

  @Test func everyPartIsCountedAsOftenAsItHappens() {
    // Steps; validation and samples; a state of 10 + 1 + 0.1 s; what is made, 1 + 0.1 s, and its hash, 0.1 s.
    let last = 11.1 + 1.1 + 0.1

    #expect(abs(costs().seconds(steps: 10) - (10 + 5 + 2 + last)) < 1e-9)
    // Looks after 4, 8 and 10 steps, each of which may be the best.
    let watched = costs { $0.evalEvery = 4 }.seconds(steps: 10)
    #expect(abs(watched - (10 + 3 * (5 + 2 + 1.1) + last)) < 1e-9)
    // After 5 steps; that of the last is the end's.
    let saved = costs { $0.saveEvery = 5 }.seconds(steps: 10)
    #expect(abs(saved - (10 + 5 + 2 + 11.1 + 1.1 + last)) < 1e-9)
    // A state every 1110 s, a hundred times what it takes.
    let long = costs().seconds(steps: 3000)
    #expect(abs(long - (3000 + 5 + 2 + 2 * 11.1 + last)) < 1e-9)
    let blind = costs { ($0.validates, $0.timing.validationTokens) = (false, 0) }
    #expect(abs(blind.seconds(steps: 10) - (10 + 2 + last)) < 1e-9)
  }

  @Test func theMostStepsWithinATimeAreFound() {
    let costs = costs { $0.evalEvery = 4 }
    for seconds in [40.0, 100, 2500, 1e6] {
      let steps = costs.steps(within: seconds)

      #expect(costs.seconds(steps: steps) <= seconds)
      #expect(costs.seconds(steps: steps + 1) > seconds)
    }
    #expect(costs.steps(within: -1) == 1)
  }

  @Test func savingIsMeasuredAndLeavesNothingBehind() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let timing = SavingTiming.measured(
      near: scratch.url("not/there/yet").path(), total: 1 << 20)

    #expect(timing.secondsPerByte > 0 && timing.secondsPerHashedByte > 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.root.path()).isEmpty)
  }
}
