package import Training

/// What a run does, each part with what it takes: steps, validations, samples, states, and what it makes.
package struct RunCosts {
  package var timing: StepTiming
  package var saving: SavingTiming
  /// Bytes of a state, and of the weights that are saved.
  package var stateBytes: Int
  package var productBytes: Int
  /// What samples take at each look.
  package var secondsPerLook: Double
  /// Whether there are rows to validate on; without, the model is looked at once, at the end.
  package var validates: Bool
  package var evalEvery: Int?
  package var saveEvery: Int?

  package init(
    timing: StepTiming, saving: SavingTiming, stateBytes: Int, productBytes: Int,
    secondsPerLook: Double, validates: Bool, evalEvery: Int?, saveEvery: Int?
  ) {
    (self.timing, self.saving) = (timing, saving)
    (self.stateBytes, self.productBytes) = (stateBytes, productBytes)
    (self.secondsPerLook, self.validates) = (secondsPerLook, validates)
    (self.evalEvery, self.saveEvery) = (evalEvery, saveEvery)
  }

  /// What `steps` steps take from the first to the saved result.
  package func seconds(steps: Int) -> Double {
    let looks = validates ? (evalEvery.map { (steps - 1) / $0 } ?? 0) + 1 : 1
    let (state, product) = (saving.state(stateBytes), saving.directory(productBytes))
    var total = timing.seconds(steps: steps, evalEvery: evalEvery) + Double(looks) * secondsPerLook
    total += Double(saveEvery.map { (steps - 1) / $0 } ?? 0) * (state + product)
    // Every validation may be the best so far, as most of a run's first are.
    if validates, evalEvery != nil { total += Double(looks) * product }
    total += (total / SavingPace.interval(cost: state)).rounded(.down) * state
    return total + state + product + saving.hash(productBytes)
  }

  /// The most steps that end within `seconds`, 1 at least.
  package func steps(within seconds: Double) -> Int {
    var (low, high) = (1, 1_000_000_000)
    while low < high {
      let middle = (low + high + 1) / 2
      if self.seconds(steps: middle) <= seconds { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
