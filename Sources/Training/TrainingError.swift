public import SafeIO

/// Why a training run cannot start or go on.
public enum TrainingError: UserFacingError, Equatable {
  /// There is no example to train on.
  case noExamples
  /// The loss or a gradient of a step is not a finite number.
  case notFinite(what: String, step: Int, lines: [Int])
  /// After the first steps no gradient has reached some of the tensors that are trained.
  case noGradient(step: Int, tensors: [String], of: Int)
  /// The loss of a step is far above those before it, and the run was to stop then.
  case spike(LossSpike)
  /// The directory for the run holds something else.
  case occupied(path: String)
  /// Another process trains in the directory.
  case locked(path: String, process: Int?)
  /// The run in the directory has other settings, rows or weights.
  case mismatch(path: String, [Change])
  /// States were saved, and none of them is as it was written.
  case noState(path: String, saved: Int, reason: String)
  /// A state does not belong to this run.
  case stateOfAnother(reason: String)
  /// A setting is out of range.
  case setting(name: String, value: String, rule: String)
  /// The run cannot stay below the limit, whatever is computed again; the least is for one row at a time.
  case memoryLimit(limit: Int, least: Int, longestRow: Int)
  /// The time that a run may take is too short for a single step, with what comes before and after it.
  case budget(seconds: Double, spent: Double, needed: Double)

  /// A setting that a run began with, and what it is now.
  public struct Change: Sendable, Equatable {
    /// The setting, or what a hash is of.
    public var name: String
    /// What the run began with.
    public var before: String
    /// What it is asked to go on with.
    public var now: String
  }

  /// The class of the failure.
  public var failureClass: FailureClass {
    switch self {
    case .noExamples: .dataset
    case .notFinite, .spike, .noGradient: .numeric
    case .occupied, .memoryLimit, .budget, .setting: .usage
    case .locked: .locked
    case .mismatch, .noState, .stateOfAnother: .checkpoint
    }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .noExamples: "DATA.NOTHING"
    case .notFinite: "RUN.NONFINITE"
    case .spike: "RUN.SPIKE"
    case .noGradient: "RUN.NOGRADIENT"
    case .occupied: "CFG.OUTDIR"
    case .locked: "RUN.LOCKED"
    case .mismatch: "CKPT.MISMATCH"
    case .noState: "CKPT.CORRUPT"
    case .stateOfAnother: "CKPT.FORMAT"
    case .memoryLimit: "CFG.MEMORY"
    case .budget: "CFG.BUDGET"
    case .setting: "CFG.RANGE"
    }
  }
}
