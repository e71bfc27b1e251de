import SafeIO

extension TrainingError {
  /// What happened, with the values.
  public var description: String {
    switch self {
    case .noExamples: "no row is left to train on"
    case .notFinite(let what, let step, let lines):
      "the \(what) of step \(step) is not finite; its rows are lines \(Self.list(lines))"
    case .spike(let spike):
      "the loss of step \(spike.step) is \(Self.short(spike.loss)), \(Self.short(spike.deviations)) standard deviations above those before it (median \(Self.short(spike.median))); its rows are lines \(Self.list(spike.lines))"
    case .noGradient(let step, let tensors, let count):
      "after step \(step) no gradient has reached \(tensors.count) of the \(count) tensors that are trained: \(Self.list(tensors))"
    case .occupied(let path):
      "\(path.escapedForMessage()): exists and is not empty"
    case .locked(let path, let process):
      "\(path.escapedForMessage()): \(process.map { "process \($0)" } ?? "another process") trains here"
    case .mismatch(let path, let changes):
      "\(path.escapedForMessage()): the run there began with \(changes.map { "\($0.name) \($0.before), now \($0.now)" }.joined(separator: "; "))"
    case .noState(let path, let saved, let reason):
      "\(path.escapedForMessage()): no state of the run can be used; step \(saved) was saved (\(reason))"
    case .stateOfAnother(let reason):
      "the saved state does not belong to this run: \(reason.escapedForMessage())"
    case .setting(let name, let value, let rule): "\(name) must be \(rule), got \(value)"
    case .memoryLimit(let limit, let least, let longestRow):
      "the run needs about \(Self.megabytes(least)) for its longest row of \(longestRow) tokens, --memory allows \(Self.megabytes(limit))"
    case .budget(let seconds, let spent, let needed):
      "--budget allows \(Self.tenths(seconds)) s: \(Self.tenths(spent)) s went by before the first step"
        + (needed > 0 ? ", and one until it is saved takes about \(Self.tenths(needed)) s" : "")
    }
  }

  private static func tenths(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10)" }

  private static func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }

  private static func list(_ lines: [Int]) -> String {
    let shown = lines.prefix(64).map(String.init).joined(separator: ", ")
    return lines.count > 64 ? "\(shown), …" : shown
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(4).map { "'\($0.escapedForMessage())'" }.joined(separator: ", ")
    return names.count > 4 ? "\(shown), …" : shown
  }

  private static func short(_ number: Double) -> String {
    "\((number * 1000).rounded() / 1000)"
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .noExamples: "Look at the counts of dropped rows above; raise --max-length."
    case .notFinite, .spike:
      "Look at these rows, or lower --learning-rate and begin again. What was trained before the step is saved."
    case .noGradient:
      "They would stay as they are. Adapt other projections, or look with 'graft data check --show-mask 3' at what the rows ask for."
    case .occupied: "Choose another --output, or remove it."
    case .locked(_, let process):
      process.map { "Wait for it, or end it with 'kill \($0)': it saves its state first." }
    case .mismatch:
      "Give what it began with to go on, choose another --output, or begin again with --restart; --accept-change NAME goes on all the same."
    case .noState, .stateOfAnother:
      "Begin again with --restart, or start another run from a saved adapter with --init-adapter."
    case .setting: nil
    case .budget:
      "Allow more; loading and measuring count, and so do the samples (--sample-tokens 0)."
    case .memoryLimit: "Allow more, shorten rows with --max-length, or lower --lora-rank."
    }
  }
}
