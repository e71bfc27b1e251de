import Evaluation

/// The progress of `graft evaluate` on stderr: first the losses, then the answers of one system.
final class EvaluationProgress {
  private let name: String
  private let isQuiet: Bool
  private var line: ProgressLine?
  private var isOfAnswers = false

  init(_ name: String, isQuiet: Bool) { (self.name, self.isQuiet) = (name, isQuiet) }

  func show(_ event: Evaluator.Event) {
    switch event {
    case .losses(let completed, let total):
      let line = self.line ?? ProgressLine("\(name): loss, row", total: total, isQuiet: isQuiet)
      self.line = line
      line.update(completed)
    case .answers(let completed, let total, let tokens):
      if !isOfAnswers {
        line?.finish()
        line = ProgressLine("\(name): answer", total: total, isQuiet: isQuiet)
        isOfAnswers = true
      }
      line?.update(completed, detail: "\(Quantity.count(tokens)) tokens")
    }
  }

  /// Ends the line, and says so where the work was stopped.
  func finish(_ outcome: Evaluator.Outcome) {
    line?.finish()
    guard outcome.isStopped else { return }
    let losses = outcome.rows.count { $0.loss != nil }
    let answers = outcome.rows.count { $0.prediction != nil }
    Log.warning(
      "\(name): stopped with the losses of \(losses) and the answers to \(answers) of "
        + "\(outcome.rows.count) rows")
  }
}
