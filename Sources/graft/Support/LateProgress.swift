/// Progress that is shown only once the work has taken two seconds.
final class LateProgress {
  private let start = ContinuousClock.now
  private let line: ProgressLine
  private var isShown = false

  init(_ label: String, total: Int?, isQuiet: Bool) {
    line = ProgressLine(label, total: total, isQuiet: isQuiet)
  }

  func update(_ done: Int) {
    isShown = isShown || ContinuousClock.now - start > .seconds(2)
    if isShown { line.update(done) }
  }

  func finish() { if isShown { line.finish() } }
}
