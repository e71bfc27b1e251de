public import SafeIO

/// Why no tokenizer can be trained.
public enum TokenizerTrainingError: UserFacingError, Equatable {
  /// A setting beyond its range.
  case outOfRange(name: String, value: Int, least: Int, most: Int)
  /// Fewer tokens than the special tokens and the 256 bytes are.
  case vocabularyTooSmall(size: Int, specialTokens: Int, least: Int)
  /// A special token that cannot be one.
  case specialToken(String, SpecialTokenProblem)
  /// No text at all.
  case noText

  /// What is wrong with a special token.
  public enum SpecialTokenProblem: Sendable, Equatable {
    /// It has no text.
    case empty
    /// Its text is longer than can be matched in bounded time.
    case tooLong(limit: Int)
    /// It is written as the token of a single byte is.
    case isByte
    /// Two special tokens have the same text.
    case repeated
  }

  /// The class of the failure.
  public var failureClass: FailureClass { self == .noText ? .dataset : .usage }

  /// The stable short name.
  public var code: String {
    switch self {
    case .outOfRange: "TOK.OPTION"
    case .vocabularyTooSmall: "TOK.VOCAB"
    case .specialToken: "TOK.SPECIAL"
    case .noText: "DATA.EMPTY"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .outOfRange(let name, let value, let least, let most):
      most == .max
        ? "\(name) must be at least \(least), got \(value)"
        : "\(name) must be from \(least) to \(most), got \(value)"
    case .vocabularyTooSmall(let size, let specialTokens, let least):
      "a vocabulary of \(size) has no room for \(specialTokens) special tokens and 256 bytes, "
        + "which are \(least)"
    case .specialToken(let token, let problem):
      "special token '\(token.escapedForMessage(limit: 60))' \(problem)"
    case .noText: "there is no text to learn from"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .outOfRange: nil
    case .vocabularyTooSmall(_, _, let least): "Ask for at least \(least) tokens."
    case .specialToken(_, .isByte): "Every byte has a token already; use a longer text."
    case .specialToken(_, .repeated):
      "Name each once; <|endoftext|>, <|im_start|> and <|im_end|> are always there."
    case .specialToken: "Use a text such as <|tool|>."
    case .noText: "Give files that hold text."
    }
  }
}

extension TokenizerTrainingError.SpecialTokenProblem: CustomStringConvertible {
  /// The end of the sentence that begins with the token.
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .tooLong(let limit): "is longer than \(limit) bytes"
    case .isByte: "is written as the token of a single byte is"
    case .repeated: "is named twice"
    }
  }
}
