public import SafeIO

/// Why answers cannot be compared.
public enum EvaluationError: UserFacingError, Equatable {
  /// What was given as a regular expression is none.
  case pattern(String, reason: String)
  /// No reference matches the pattern.
  case patternMatchesNothing(String, rows: Int)
  /// A line of a file of answers lacks something, or says something else.
  case answerFile(path: String, line: Int, reason: String)
  /// Two files answer other rows, or have other references for them.
  case otherRows(first: String, second: String, reason: String)

  /// The class of the failure.
  public var failureClass: FailureClass {
    switch self {
    case .pattern: .usage
    case .patternMatchesNothing, .answerFile, .otherRows: .dataset
    }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .pattern: "CFG.PATTERN"
    case .patternMatchesNothing: "DATA.PATTERN"
    case .answerFile: "DATA.ANSWERS"
    case .otherRows: "DATA.OTHERROWS"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .pattern(let text, let reason):
      "'\(text.escapedForMessage(limit: 80))' is no regular expression: "
        + reason.escapedForMessage(limit: 200)
    case .patternMatchesNothing(let text, let rows):
      "none of \(rows) references matches '\(text.escapedForMessage(limit: 80))'"
    case .answerFile(let path, let line, let reason):
      "\(path.escapedForMessage(limit: 1000)):\(line): \(reason)"
    case .otherRows(let first, let second, let reason):
      "\(first.escapedForMessage(limit: 500)) and \(second.escapedForMessage(limit: 500)): \(reason)"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .pattern:
      "Quote it for the shell, and name the groups that are to be compared: (?<name>…)."
    case .patternMatchesNothing: "The pattern must match a whole answer."
    case .answerFile: "'graft evaluate --predictions FILE' writes such files."
    case .otherRows: "Compare answers to the same rows."
    }
  }
}
