public import SafeIO

/// Why an answer cannot be given.
public enum InferenceError: UserFacingError, Equatable {
  /// Nothing to continue.
  case emptyPrompt
  /// The prompt fills the context, or more.
  case promptTooLong(tokens: Int, context: Int)
  /// An id that the model has no row for.
  case tokenOutOfRange(id: Int, vocabulary: Int)
  /// A value out of its range.
  case option(name: String, rule: String, value: String)
  /// The model came without a tokenizer, and text is needed.
  case noTokenizer(String)
  /// The model came without a chat template, and there are messages.
  case noChatTemplate
  /// A number among the logits is not finite; `position` counts the tokens before it.
  case nonFiniteLogits(position: Int)
  /// An adapter with this name is loaded already.
  case adapterExists(String)
  /// A constraint left no token to go on with; `position` counts the tokens of the answer before it.
  case nothingAllowed(position: Int)
  /// What the request must match cannot be written with so few tokens.
  case grammarTooLong(needed: Int, limit: Int)
  /// The request was cancelled, or its time was over.
  case cancelled
  /// There were no pages left for a request that had been promised them.
  case cacheExhausted

  /// The exit code's class.
  public var failureClass: FailureClass {
    switch self {
    case .emptyPrompt, .promptTooLong, .tokenOutOfRange, .option, .adapterExists, .grammarTooLong,
      .cancelled:
      .usage
    case .noTokenizer, .noChatTemplate: .model
    case .nonFiniteLogits: .numeric
    case .nothingAllowed, .cacheExhausted: .resources
    }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .emptyPrompt: "GEN.EMPTY"
    case .promptTooLong: "GEN.CONTEXT"
    case .tokenOutOfRange: "GEN.TOKEN"
    case .option: "GEN.OPTION"
    case .noTokenizer: "MODEL.TOKENIZER"
    case .noChatTemplate: "MODEL.TEMPLATE"
    case .nonFiniteLogits: "NUM.LOGITS"
    case .adapterExists: "ADP.EXISTS"
    case .nothingAllowed: "GEN.CONSTRAINT"
    case .grammarTooLong: "GEN.GRAMMAR"
    case .cancelled: "GEN.CANCELLED"
    case .cacheExhausted: "GEN.CACHE"
    }
  }

  /// What happened.
  public var description: String {
    switch self {
    case .emptyPrompt: "the prompt is empty"
    case .promptTooLong(let tokens, let context):
      "the prompt has \(tokens) tokens; the model's context of \(context) leaves no room for an answer"
    case .tokenOutOfRange(let id, let vocabulary):
      "token id \(id) is not below the vocabulary's size, \(vocabulary)"
    case .option(let name, let rule, let value): "\(name) must be \(rule), got \(value)"
    case .noTokenizer(let what): "the model has no tokenizer, and \(what)"
    case .noChatTemplate: "the model has no chat template, so messages cannot be written for it"
    case .nonFiniteLogits(let position):
      "the model's output is not finite after \(position) tokens"
    case .adapterExists(let name):
      "an adapter named '\(name.escapedForMessage(limit: 64))' is loaded already"
    case .nothingAllowed(let position):
      "the constraint allows no token after \(position) tokens of the answer"
    case .grammarTooLong(let needed, let limit):
      "what the answer must match takes at least \(needed) tokens; the limit is \(limit)"
    case .cancelled: "the request was cancelled before it was answered"
    case .cacheExhausted: "there was no room left for keys and values"
    }
  }

  /// What to do.
  public var hint: String? {
    switch self {
    case .emptyPrompt: "Give at least one token to continue."
    case .promptTooLong: "Shorten the prompt."
    case .tokenOutOfRange: "Check that the tokens were made for this model."
    case .option, .cancelled: nil
    case .adapterExists: "Unload it first, or replace it."
    case .nothingAllowed, .cacheExhausted: "This is a mistake of the program; please report it."
    case .grammarTooLong: "Allow more tokens, or ask for less."
    case .noTokenizer: "Put tokenizer.json beside config.json, or give rows with input_ids."
    case .noChatTemplate: "Give --raw to continue plain text."
    case .nonFiniteLogits: "Check the weights and the adapter; training may have diverged."
    }
  }
}
