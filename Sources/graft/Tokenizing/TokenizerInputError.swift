import SafeIO

/// Why rows cannot be encoded or decoded.
enum TokenizerInputError: UserFacingError {
  /// The model has none.
  case noTokenizer(path: String)
  /// `--terms` names none.
  case noTerms(String)
  /// A line that is not JSON.
  case syntax(path: String, line: Int, column: Int, reason: String)
  /// A line of another form.
  case row(path: String, line: Int, expected: String)
  /// An id beyond the vocabulary.
  case noToken(path: String, line: Int, id: Int)

  var failureClass: FailureClass {
    switch self {
    case .noTokenizer: .model
    case .noTerms: .usage
    case .syntax, .row, .noToken: .dataset
    }
  }

  var code: String {
    switch self {
    case .noTokenizer: "TOK.ABSENT"
    case .noTerms: "CFG.TERMS"
    case .syntax, .row: "DATA.ROW"
    case .noToken: "DATA.ID"
    }
  }

  var description: String {
    switch self {
    case .noTokenizer(let path):
      "\(path.escapedForMessage(limit: 1000)): has no tokenizer"
    case .noTerms(let argument):
      "--terms: '\(argument.escapedForMessage(limit: 100))' holds no term"
    case .syntax(let path, let line, let column, let reason):
      "\(path.escapedForMessage(limit: 1000)):\(line):\(column): \(reason)"
    case .row(let path, let line, let expected):
      "\(path.escapedForMessage(limit: 1000)):\(line): expected \(expected.escapedForMessage())"
    case .noToken(let path, let line, let id):
      "\(path.escapedForMessage(limit: 1000)):\(line): the tokenizer has no token \(id)"
    }
  }

  var hint: String? {
    switch self {
    case .noTokenizer: "Give a directory with tokenizer.json."
    case .noTerms: "Give a file with a term a line, or terms with commas between them."
    case .syntax, .row: "Give one JSON value a line; `--help` says of which form."
    case .noToken: "Check that the ids come from this tokenizer."
    }
  }
}
