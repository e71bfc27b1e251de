public import SafeIO

/// Why a training run cannot start or go on.
public enum TrainingError: UserFacingError, Equatable {
  /// There is no example to train on.
  case noExamples
  /// The loss or a gradient of a step is not a finite number.
  case notFinite(what: String, step: Int, lines: [Int])
  /// The directory for the run is not free.
  case occupied(path: String)
  /// A setting is out of range.
  case setting(name: String, value: String, rule: String)
  /// The run cannot stay below the limit, whatever is computed again; the least is for one row at a time.
  case memoryLimit(limit: Int, least: Int, longestRow: Int)

  /// The class of the failure.
  public var failureClass: FailureClass {
    switch self {
    case .noExamples: .dataset
    case .notFinite: .numeric
    case .occupied, .memoryLimit, .setting: .usage
    }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .noExamples: "DATA.NOTHING"
    case .notFinite: "RUN.NONFINITE"
    case .occupied: "CFG.OUTDIR"
    case .memoryLimit: "CFG.MEMORY"
    case .setting: "CFG.RANGE"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .noExamples: "no row is left to train on"
    case .notFinite(let what, let step, let lines):
      "the \(what) of step \(step) is not finite; its rows are lines \(lines.map(String.init).joined(separator: ", "))"
    case .occupied(let path): "\(path.escapedForMessage()): exists and is not empty"
    case .setting(let name, let value, let rule): "\(name) must be \(rule), got \(value)"
    case .memoryLimit(let limit, let least, let longestRow):
      "the run needs about \(Self.megabytes(least)) for its longest row of \(longestRow) tokens, --memory allows \(Self.megabytes(limit))"
    }
  }

  private static func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .noExamples: "Look at the counts of dropped rows above; raise --max-length."
    case .notFinite: "Lower --learning-rate, or look at these rows. The last saved adapter is kept."
    case .occupied: "Choose another --output, or remove it."
    case .setting: nil
    case .memoryLimit: "Allow more, shorten rows with --max-length, or lower --lora-rank."
    }
  }
}
