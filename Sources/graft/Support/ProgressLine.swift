import Synchronization

/// One line on stderr that says how far a command is, how fast, and how long it will still take.
///
/// On a terminal the line is redrawn at most ten times a second; elsewhere (a log file, CI) a new line is
/// written at most every five seconds. It may be updated from any task.
package final class ProgressLine: Sendable {
  /// How the line is shown.
  package enum Style: Sendable { case redrawn, lines, quiet }

  private struct State {
    var text = ""
    /// What stands below the line on a terminal.
    var panel: [String] = []
    var shownAt: ContinuousClock.Instant?
    /// How many columns each line on the screen takes; the last has no line end.
    var onScreen: [Int] = []
  }

  private let label: String
  private let total: Int?
  private let first: Int
  private let style: Style
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// - Parameters:
  ///   - label: What is counted, such as `step`.
  ///   - total: How many there will be, or `nil` when nobody knows.
  ///   - isQuiet: Whether to show nothing at all.
  ///   - first: How many were done before, in no time of this line's.
  package init(_ label: String, total: Int?, isQuiet: Bool = false, startingAt first: Int = 0) {
    self.label = label
    self.total = total
    self.first = first
    style = isQuiet ? .quiet : Terminal.redraws ? .redrawn : .lines
  }

  /// Shows that `completed` of the total are done.
  ///
  /// - Parameters:
  ///   - completed: How many are done.
  ///   - detail: Shown after the count, such as `loss 1.234  131 tokens/s`.
  ///   - panel: Lines to show below on a terminal, instead of the detail; none keeps those that are there.
  package func update(
    _ completed: Int, detail: String = "", panel: () -> [String] = { [] }
  ) {
    guard style != .quiet else { return }
    let now = ContinuousClock.now
    let lines = style == .redrawn ? panel() : []
    let detail = lines.isEmpty ? detail : ""
    let text = Self.text(
      label: label, completed: completed, total: total, startingAt: first, detail: detail,
      elapsed: (now - start).seconds)
    state.withLock { state in
      state.text = text
      if !lines.isEmpty { state.panel = lines }
      let pause: Duration = style == .redrawn ? .milliseconds(100) : .seconds(5)
      if let shownAt = state.shownAt, now - shownAt < pause { return }
      show(&state, at: now)
    }
  }

  /// Writes a line that stays, such as the result of a validation, above the progress.
  package func note(_ line: String) {
    guard style != .quiet else { return }
    state.withLock { state in
      clear(&state)
      Log.info(line)
      if style == .redrawn, !state.text.isEmpty { show(&state, at: .now) }
    }
  }

  /// Ends the line; `summary` stays on the screen in its place.
  package func finish(_ summary: String? = nil) {
    guard style != .quiet else { return }
    state.withLock { state in
      clear(&state)
      if let line = summary ?? (state.text.isEmpty ? nil : state.text) { StandardError.line(line) }
      (state.text, state.panel) = ("", [])
    }
  }

  private func show(_ state: inout State, at now: ContinuousClock.Instant) {
    state.shownAt = now
    guard style == .redrawn else { return StandardError.line(state.text) }
    clear(&state)
    let lines = Self.fitting([state.text] + state.panel, Terminal.width, Terminal.height)
    StandardError.write(lines.joined(separator: "\n"))
    state.onScreen = lines.map(\.count)
  }

  /// Removes what is on the screen.
  private func clear(_ state: inout State) {
    guard !state.onScreen.isEmpty else { return }
    StandardError.write(Self.erasing(state.onScreen, width: Terminal.width))
    state.onScreen = []
  }

  /// What of `lines` a terminal can show and take back: no more rows than it has, as what has left the screen stays,
  /// and room at the end of each for the `^C` that it echoes.
  package static func fitting(_ lines: [String], _ width: Int, _ height: Int) -> [String] {
    lines.prefix(max(1, height)).map { String($0.prefix(max(10, width - 3))) }
  }

  /// The control sequence that removes lines of so many columns, of which the last has no line end.
  ///
  /// Lines that a narrower terminal has broken take several rows. Row by row, not the rest of the screen at once:
  /// some terminals keep a screen that is erased from its first row on among what was scrolled away.
  package static func erasing(_ columns: [Int], width: Int) -> String {
    guard !columns.isEmpty else { return "" }
    let width = max(1, width)
    let rows = columns.reduce(0) { $0 + max(1, ($1 + width - 1) / width) }
    return "\r\u{1B}[2K" + String(repeating: "\u{1B}[1A\u{1B}[2K", count: rows - 1)
  }
}

extension ProgressLine {
  /// The sentence of the line: count, share, detail, and the time that the rest will take.
  package static func text(
    label: String, completed: Int, total: Int?, startingAt first: Int = 0, detail: String,
    elapsed: Double
  ) -> String {
    var parts = ["\(label) \(Quantity.count(completed))"]
    if let total, total > 0 {
      let percent = Int(100 * Double(completed) / Double(total))
      parts[0] += "/\(Quantity.count(total)) (\(percent) %)"
    }
    if !detail.isEmpty { parts.append(detail) }
    if let total, completed > first, completed < total {
      let rest = elapsed / Double(completed - first) * Double(total - completed)
      parts.append("ETA \(Quantity.duration(rest))")
    } else if total == nil || completed > 0 {
      parts.append(Quantity.duration(elapsed))
    }
    return parts.joined(separator: "  ")
  }
}

extension Duration {
  /// The duration in seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
