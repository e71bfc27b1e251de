public import SafeIO

/// Why a constraint cannot be compiled.
public enum ConstraintError: UserFacingError, Equatable {
  /// A keyword, or a use of one, that is not known.
  case unsupported(path: String, what: String)

  /// The class of the failure.
  public var failureClass: FailureClass { .usage }

  /// The stable short name.
  public var code: String { "CON.UNSUPPORTED" }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .unsupported(let path, let what): "\(path): \(what) is not supported"
    }
  }

  /// What to do about it.
  public var hint: String? { nil }
}
