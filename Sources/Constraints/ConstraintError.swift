public import SafeIO

/// Why a constraint cannot be compiled.
public enum ConstraintError: UserFacingError, Equatable {
  /// The schema is not JSON.
  case notJSON(String)
  /// A keyword that no version of JSON Schema that we know has.
  case unknownKeyword(pointer: String, keyword: String, suggestion: String?)
  /// A keyword that JSON Schema has and this compiler does not enforce; ignoring it would be worse.
  case unsupported(pointer: String, keyword: String, reason: String)
  /// A keyword whose value is not what the keyword takes.
  case invalid(pointer: String, keyword: String, problem: String)
  /// A regular expression that cannot be used, and at which character.
  case regex(pattern: String, offset: Int, problem: String)
  /// A reference to a place that the schema does not have.
  case unresolved(pointer: String, reference: String)
  /// No text at all satisfies the constraint.
  case unsatisfiable(String)
  /// The constraint would need more than the limits allow.
  case tooLarge(what: String, limit: Int)

  /// The class of the failure.
  public var failureClass: FailureClass { .usage }

  /// The stable short name.
  public var code: String {
    switch self {
    case .notJSON: "CON.JSON"
    case .unknownKeyword: "CON.KEYWORD"
    case .unsupported: "CON.UNSUPPORTED"
    case .invalid: "CON.VALUE"
    case .regex: "CON.REGEX"
    case .unresolved: "CON.REF"
    case .unsatisfiable: "CON.EMPTY"
    case .tooLarge: "CON.SIZE"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .notJSON(let problem): "the schema is not JSON: \(problem)"
    case .unknownKeyword(let pointer, let keyword, _):
      "schema \(Self.place(pointer)): unknown keyword '\(keyword.escapedForMessage())'"
    case .unsupported(let pointer, let keyword, let reason):
      "schema \(Self.place(pointer)): '\(keyword.escapedForMessage())' is not supported: \(reason)"
    case .invalid(let pointer, let keyword, let problem):
      "schema \(Self.place(pointer)): '\(keyword.escapedForMessage())' \(problem)"
    case .regex(let pattern, let offset, let problem):
      "regular expression '\(pattern.escapedForMessage(limit: 80))', character \(offset): \(problem)"
    case .unresolved(let pointer, let reference):
      "schema \(Self.place(pointer)): nothing at '\(reference.escapedForMessage())'"
    case .unsatisfiable(let what): "\(what) allows no text at all"
    case .tooLarge(let what, let limit): "the constraint is too large: \(what), at most \(limit)"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .unknownKeyword(_, _, let suggestion?): "Did you mean '\(suggestion)'?"
    case .unresolved: "References are local: '#', '#/$defs/name' or another JSON pointer."
    case .tooLarge: "Simplify the schema or the expression: smaller bounds, fewer alternatives."
    default: nil
    }
  }

  private static func place(_ pointer: String) -> String {
    pointer.isEmpty ? "(root)" : "#\(pointer.escapedForMessage())"
  }
}
