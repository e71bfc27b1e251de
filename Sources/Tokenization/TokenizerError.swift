public import SafeIO

/// Why a tokenizer is refused.
public enum TokenizerError: UserFacingError, Equatable {
  /// The file is larger than what is read.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// The text is not JSON.
  case json(file: String, line: Int, column: Int, reason: String)
  /// A member is missing, or is not of the kind it must be.
  case field(path: String, expected: String, found: String)
  /// Two tokens share an id.
  case duplicateID(Int, first: String, second: String)
  /// One token stands twice in the vocabulary.
  case duplicateToken(String, firstID: Int, secondID: Int)
  /// An id that no vocabulary of this size needs.
  case idOutOfRange(token: String, id: String, limit: Int)
  /// A merge that is not two tokens.
  case malformedMerge(index: Int, text: String)
  /// A merge of, or into, a token that the vocabulary does not have.
  case mergeOfAbsentToken(index: Int, left: String, right: String, absent: String)
  /// An added token that cannot be honoured.
  case addedToken(content: String, id: Int, problem: AddedTokenProblem)
  /// A special token that is named but not in the vocabulary.
  case specialTokenAbsent(name: String, token: String)
  /// A splitting pattern other than the known ones.
  case unknownPattern(path: String, pattern: String)
  /// A part, or a setting of one, that is not implemented.
  case unsupported(path: String, found: String)
  /// More tokens than the model has embedding rows.
  case vocabularyExceedsModel(tokens: Int, rows: Int)

  /// What is wrong with an added token.
  public enum AddedTokenProblem: Equatable, Sendable {
    /// It has no text.
    case empty
    /// Its text is longer than can be matched in bounded time.
    case tooLong(bytes: Int, limit: Int)
    /// Another token has its id.
    case idTaken(by: String)
    /// The vocabulary has the same text under another id.
    case textTaken(id: Int)
    /// Its id leaves a gap, which other libraries close by renumbering.
    case gap(expected: Int)
  }
}

extension TokenizerError {
  /// The exit code's class: a file that is refused.
  public var failureClass: FailureClass { .model }

  /// The stable short name.
  public var code: String {
    switch self {
    case .tooLarge: "TOK.SIZE"
    case .json, .field: "TOK.JSON"
    case .duplicateID, .duplicateToken, .idOutOfRange: "TOK.ID"
    case .malformedMerge, .mergeOfAbsentToken: "TOK.MERGE"
    case .addedToken: "TOK.ADDED"
    case .specialTokenAbsent: "TOK.SPECIAL"
    case .unknownPattern: "TOK.REGEX"
    case .unsupported: "TOK.UNSUPPORTED"
    case .vocabularyExceedsModel: "TOK.VOCAB"
    }
  }

  /// What happened, with the values, in one line.
  public var description: String {
    switch self {
    case .tooLarge(let path, let bytes, let limit):
      "\(path.escapedForMessage()) is \(bytes) bytes; at most \(limit) are read"
    case .json(let file, let line, let column, let reason):
      "\(file.escapedForMessage()):\(line):\(column): \(reason)"
    case .field(let path, let expected, let found):
      "\(path.escapedForMessage()) must be \(expected), found \(found.escapedForMessage(limit: 80))"
    case .duplicateID(let id, let first, let second):
      "tokens '\(first.shown)' and '\(second.shown)' both have id \(id)"
    case .duplicateToken(let token, let first, let second):
      "token '\(token.shown)' has two ids, \(first) and \(second)"
    case .idOutOfRange(let token, let id, let limit):
      "token '\(token.shown)' has id \(id.shown); ids must be whole and below \(limit)"
    case .malformedMerge(let index, let text):
      "merge \(index) is not a pair of tokens: '\(text.shown)'"
    case .mergeOfAbsentToken(let index, let left, let right, let absent):
      "merge \(index), '\(left.shown)' + '\(right.shown)', needs '\(absent.shown)', "
        + "which is not in the vocabulary"
    case .addedToken(let content, let id, let problem):
      "added token '\(content.shown)' with id \(id) \(problem)"
    case .specialTokenAbsent(let name, let token):
      "\(name) is '\(token.shown)', which is not in the vocabulary"
    case .unknownPattern(let path, let pattern):
      "\(path.escapedForMessage()) has a pattern that is not known: \(pattern.shown)"
    case .unsupported(let path, let found):
      "\(path.escapedForMessage()): \(found.shown) is not supported"
    case .vocabularyExceedsModel(let tokens, let rows):
      "the tokenizer has ids up to \(tokens - 1), but the model has \(rows) embedding rows"
    }
  }

  /// What can be done about it.
  public var hint: String? {
    switch self {
    case .unknownPattern:
      "The GPT-2, SmolLM, Qwen 2 and Llama 3 patterns are known."
    case .unsupported: "Byte-level BPE tokenizers are read; other kinds are not."
    case .vocabularyExceedsModel: "Check that tokenizer and weights belong to the same model."
    default: "Fetch the tokenizer files again from where the model comes from."
    }
  }
}

extension TokenizerError.AddedTokenProblem: CustomStringConvertible {
  /// The end of the sentence that begins with the token.
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .tooLong(let bytes, let limit): "is \(bytes) bytes long; the limit is \(limit)"
    case .idTaken(let other): "has the id of '\(other.shown)'"
    case .textTaken(let id): "is in the vocabulary with id \(id)"
    case .gap(let expected): "leaves a gap: the next free id is \(expected)"
    }
  }
}

extension String {
  fileprivate var shown: String { escapedForMessage(limit: 60) }
}
