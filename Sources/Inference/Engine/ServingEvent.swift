/// What happens to a request, in the order in which it happens.
public enum ServingEvent: Sendable, Equatable {
  /// The scores of the prompt's tokens, if they were asked for; the first has none.
  case promptScores([TokenScore?])
  /// Text that became certain, and tokens that were chosen; either may be empty.
  ///
  /// A reader who is slow gets fewer and longer pieces.
  case text(choice: Int, text: String, tokens: [TokenScore])
  /// A choice has ended.
  case finished(choice: Int, reason: FinishReason)
  /// The request cannot be answered any further; nothing comes after it.
  case failed(InferenceError)
  /// Every choice has ended; nothing comes after it.
  case done(ServingUsage)
}

/// A token, and how probable the model found it.
public struct TokenScore: Sendable, Equatable {
  /// A token among the most probable ones.
  public struct Alternative: Sendable, Equatable {
    /// The token's id.
    public var id: Int
    /// The natural logarithm of its probability.
    public var logprob: Float

    /// A token with its log-probability.
    public init(id: Int, logprob: Float) { (self.id, self.logprob) = (id, logprob) }
  }

  /// The token's id.
  public var id: Int
  /// The natural logarithm of its probability under the model's own logits, before temperature,
  /// penalties, bias and constraints; nil where log-probabilities were not asked for.
  public var logprob: Float?
  /// The most probable tokens, the most probable first and the lowest id first of equals.
  public var top: [Alternative]

  /// A token with what is known of it.
  public init(id: Int, logprob: Float? = nil, top: [Alternative] = []) {
    (self.id, self.logprob, self.top) = (id, logprob, top)
  }

  /// Whether no other token was more probable; known if at least one alternative was asked for.
  public var isGreedy: Bool { logprob != nil && logprob == top.first?.logprob }
}

/// What a request has used.
public struct ServingUsage: Sendable, Equatable {
  /// Tokens of the prompt.
  public var promptTokens: Int
  /// How many of them had been computed before.
  public var cachedTokens: Int
  /// Tokens of all choices, those that ended them included.
  public var completionTokens: Int
  /// Tokens that were guessed, and right.
  public var acceptedTokens: Int
  /// Tokens that were guessed, and wrong.
  public var rejectedTokens: Int
  /// What the answer came from.
  public var receipt: Receipt
}
