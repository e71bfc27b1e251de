public import SafeIO

/// Why a training run cannot start or go on.
public enum TrainingError: UserFacingError, Equatable {
  /// There is no example to train on.
  case noExamples
  /// The loss or a gradient of a step is not a finite number.
  case notFinite(what: String, step: Int, lines: [Int])
  /// The directory for the run is not free.
  case occupied(path: String)

  /// The class of the failure.
  public var failureClass: FailureClass {
    switch self {
    case .noExamples: .dataset
    case .notFinite: .numeric
    case .occupied: .usage
    }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .noExamples: "DATA.NOTHING"
    case .notFinite: "RUN.NONFINITE"
    case .occupied: "CFG.OUTDIR"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .noExamples: "no row is left to train on"
    case .notFinite(let what, let step, let lines):
      "the \(what) of step \(step) is not finite; its rows are lines \(lines.map(String.init).joined(separator: ", "))"
    case .occupied(let path): "\(path.escapedForMessage()): exists and is not empty"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .noExamples: "Look at the counts of dropped rows above; raise --max-length."
    case .notFinite: "Lower --learning-rate, or look at these rows. The last saved adapter is kept."
    case .occupied: "Choose another --output, or remove it."
    }
  }
}
