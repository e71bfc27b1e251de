/// What to generate: the tokens to continue, and how.
public struct GenerationRequest: Sendable, Equatable {
  /// The tokens to continue, those of the chat template included.
  public var prompt: [Int]
  /// At most this many tokens are generated.
  public var maxTokens: Int
  /// How each token is chosen.
  public var sampling: SamplingConfiguration
  /// Strings that end the answer and are not part of it.
  public var stops: [String]

  /// A request.
  public init(
    prompt: [Int], maxTokens: Int = 256,
    sampling: SamplingConfiguration = SamplingConfiguration(), stops: [String] = []
  ) {
    (self.prompt, self.maxTokens) = (prompt, maxTokens)
    (self.sampling, self.stops) = (sampling, stops)
  }
}

/// Why an answer ended.
public enum FinishReason: String, Sendable {
  /// The model ended its turn, or a stop string came.
  case stop
  /// The limit of tokens, or the end of the context.
  case length
  /// The caller wanted no more.
  case cancelled
  /// The time that the request had was over.
  case deadline
}

/// An answer.
public struct GenerationResult: Sendable, Equatable {
  /// The text without control tokens and without what stopped it; empty without a tokenizer.
  public var text: String
  /// Every token that was generated, the one that ended the answer included.
  public var tokens: [Int]
  /// Why it ended.
  public var finishReason: FinishReason
  /// Tokens of the prompt.
  public var promptTokens: Int
  /// How many of them had been computed before.
  public var reusedTokens: Int
}

extension GenerationResult {
  /// The first choice of an answer that was served.
  public init(_ answer: ServingAnswer) {
    let choice = answer.choices.first ?? ServingAnswer.Choice()
    self.init(
      text: choice.text, tokens: choice.ids, finishReason: choice.finishReason,
      promptTokens: answer.usage?.promptTokens ?? 0,
      reusedTokens: answer.usage?.cachedTokens ?? 0)
  }
}
