import SafeIO

/// Why a prompt or a file of prompts cannot be used.
enum GenerationInputError: UserFacingError {
  /// A line that is no row to generate for.
  case row(path: String, line: Int, column: Int?, problem: String, hint: String?)
  /// The file has no rows.
  case noRows(path: String)
  /// The journal beside the output is of a run that was asked for something else.
  case otherRun(path: String, what: String)
  /// The file of a prompt is not text.
  case notText(path: String)

  var failureClass: FailureClass {
    switch self {
    case .row, .noRows: .dataset
    case .notText, .otherRun: .usage
    }
  }

  var code: String {
    switch self {
    case .row: "DATA.ROW"
    case .noRows: "DATA.EMPTY"
    case .notText: "CFG.PROMPT"
    case .otherRun: "CFG.RESUME"
    }
  }

  var description: String {
    switch self {
    case .row(let path, let line, let column, let problem, _):
      "\(path.escapedForMessage(limit: 1000)):\(line)\(column.map { ":\($0)" } ?? ""): \(problem)"
    case .noRows(let path): "\(path.escapedForMessage(limit: 1000)): holds no rows"
    case .otherRun(let path, let what):
      "\(path.escapedForMessage(limit: 1000)): was left by a run with another \(what)"
    case .notText(let path): "\(path.escapedForMessage(limit: 1000)): is not UTF-8 text"
    }
  }

  var hint: String? {
    switch self {
    case .row(_, _, _, _, let hint): hint
    case .noRows: "Give one JSON object a line, with prompt, messages or input_ids."
    case .otherRun: "Give the same settings to go on with it, or --restart to begin anew."
    case .notText: "Convert the file to UTF-8."
    }
  }
}
