import Autodiff
import Datasets
import Models
import TensorCore

extension Trainer {
  /// What is found on the validation rows.
  typealias Validation = (loss: Double, preference: PreferenceRecord?)

  /// The loss over the validation rows, as training defines it; nil without any, or when told to stop.
  func validate(
    shouldStop: () -> Bool, _ report: (TrainingEvent) throws -> Void
  ) throws -> Validation? {
    guard !validation.isEmpty else { return nil }
    var failure: (any Error)?
    func proceed(_ completed: Int) -> Bool {
      do {
        try report(.validating(completed: completed, total: validation.count))
      } catch {
        failure = error
      }
      return failure == nil && !shouldStop()
    }
    let found: Validation?
    if let preferenceLoss {
      found = preferenceValidation(preferenceLoss, proceed: proceed)
    } else {
      found = crossEntropyValidation(proceed: proceed)
    }
    if let failure { throw failure }
    return found
  }

  private func crossEntropyValidation(proceed: (Int) -> Bool) -> Validation? {
    let documents = validation.joined().map { ($0.example.ids, $0.example.labels) }
    let losses = LossEvaluator(model: model, tokensPerBatch: configuration.tokensPerPass)
      .losses(documents, proceed: proceed)
    let tokens = losses.reduce(0) { $0 + $1.tokens }
    guard losses.count == documents.count, tokens > 0 else { return nil }
    return (losses.reduce(0) { $0 + $1.nats } / Double(tokens), nil)
  }

  private func preferenceValidation(
    _ loss: PreferenceLoss, proceed: (Int) -> Bool
  ) -> Validation? {
    var tally = PreferenceTally()
    var completed = 0
    for pairs in passes(validation) {
      let pass = PairPass(pairs, loss: loss)
      let losses = model.targetLosses(
        pass.documents, entering: prefix(of: pairs.flatMap { $0 }),
        in: model.context(pass.documents.segments))
      _ = pass.tally(losses.value.scalars, pairs.map(reference), into: &tally)
      completed += pairs.count
      if !proceed(completed) { break }
    }
    return completed == validation.count ? (tally.loss, tally.record) : nil
  }
}
