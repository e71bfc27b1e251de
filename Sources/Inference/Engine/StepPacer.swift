/// Decides how many tokens of prompts a step takes on, so that those who wait for their next token do not
/// notice.
///
/// It learns from the steps that were: what they last without prompts, for each number of answers, and what
/// a row of a prompt adds. Timing decides only how prompts are cut, which changes no result.
struct StepPacer {
  private static let memory = 0.2
  /// A prompt goes on in every step, however slowly.
  private static let fewestRows = 4

  let stretch: Double
  private var answering: [Int: Double] = [:]
  private var rowSeconds: Double?

  init(stretch: Double) { self.stretch = stretch }

  /// How many rows of prompts go into a step with `answers` rows of answers.
  func promptRows(besides answers: Int, limit: Int) -> Int {
    guard answers > 0 else { return limit }
    guard let base = seconds(of: answers), let rowSeconds, rowSeconds > 0 else {
      return min(limit, 16)
    }
    let rows = (stretch - 1) * base / rowSeconds
    return min(limit, max(Self.fewestRows, Int(min(rows, 1e6))))
  }

  /// Notes what a step lasted.
  mutating func note(answers: Int, promptRows: Int, seconds: Double) {
    if promptRows == 0 {
      let before = answering[answers] ?? seconds
      // A step that was interrupted says nothing about the next.
      let sample = min(seconds, 4 * before)
      answering[answers] = before + Self.memory * (sample - before)
    } else {
      let rest = answers == 0 ? seconds : seconds - (self.seconds(of: answers) ?? 0)
      let sample = max(rest, seconds / 100) / Double(promptRows)
      let before = rowSeconds ?? sample
      rowSeconds = before + Self.memory * (min(sample, 4 * before) - before)
    }
  }

  /// What a step lasts with `answers` rows and no prompt, from the nearest number that is known.
  private func seconds(of answers: Int) -> Double? {
    let nearest = answering.keys.min {
      (abs($0 - answers), $0) < (abs($1 - answers), $1)
    }
    return nearest.flatMap { answering[$0] }
  }
}
