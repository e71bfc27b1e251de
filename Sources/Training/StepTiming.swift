/// How long the parts of a run take, as measured before its first step.
package struct StepTiming: Sendable, Equatable {
  /// Of every pass, forwards and backwards, whatever its length.
  package var secondsPerPass = 0.0
  /// Of every token of a pass.
  package var secondsPerToken = 0.0
  /// Of clipping and optimizer, and of what depends on the weights alone, once a step.
  package var secondsPerUpdate = 0.0
  /// Of every token of a validation.
  package var secondsPerValidationToken = 0.0
  /// Of every token of a row's first visit: what is computed once and remembered, as the reference of DPO is and
  /// the states of frozen blocks.
  package var secondsPerFirstVisitToken = 0.0
  /// Tokens that a step computes, and passes in which it does, on average.
  package var tokensPerStep = 0.0
  package var passesPerStep = 0.0
  /// Rows that a step visits, and rows that there are.
  package var rowsPerStep = 1.0
  package var rows = 1
  /// Tokens of one validation.
  package var validationTokens = 0
  /// Whether the rows to validate on have a first visit too.
  package var remembersValidation = false
  /// Tokens of the longest pass that was measured.
  package var longestPass = 0

  package init() {}

  /// What a step takes on average.
  package var secondsPerStep: Double {
    passesPerStep * secondsPerPass + tokensPerStep * secondsPerToken + secondsPerUpdate
  }

  /// What a validation takes.
  package var secondsPerValidation: Double {
    Double(validationTokens) * secondsPerValidationToken
  }

  /// What the first visits of `steps` steps take beyond those that follow.
  private func firstVisits(_ steps: Int) -> Double {
    let visited = min(Double(steps) * rowsPerStep, Double(rows))
    let tokens = visited * tokensPerStep / max(rowsPerStep, 1)
    return secondsPerFirstVisitToken
      * (tokens + (remembersValidation ? Double(validationTokens) : 0))
  }

  /// What `steps` steps take, with a validation every `evalEvery` of them and at the end.
  package func seconds(steps: Int, evalEvery: Int?) -> Double {
    let validations = (evalEvery.map { (steps - 1) / $0 } ?? 0) + 1
    return Double(steps) * secondsPerStep + Double(validations) * secondsPerValidation
      + firstVisits(steps)
  }
}
