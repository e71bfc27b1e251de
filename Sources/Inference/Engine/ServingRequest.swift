public import Constraints

/// What a client asks of a serving engine.
public struct ServingRequest: Sendable {
  /// The tokens to continue, those of the chat template included.
  public var prompt: [Int]
  /// The adapter to answer with; nil for the base alone.
  ///
  /// The request keeps what the handle stands for, whatever happens to the adapter's name.
  public var adapter: AdapterHandle?
  /// How each token is chosen.
  public var sampling: SamplingConfiguration
  /// At most this many tokens are generated; 0 only scores the prompt.
  ///
  /// Where the context ends, so does the answer.
  public var maxTokens: Int
  /// Before this many tokens neither a token nor a string ends the answer.
  public var minTokens: Int
  /// Strings that end the answer.
  public var stops: [String]
  /// Whether the string that ended the answer is part of its text.
  public var includesStop: Bool
  /// Tokens that end the answer, besides the model's own.
  public var stopTokens: Set<Int>
  /// Whether the model's own end of a text ends nothing.
  public var ignoresEndOfSequence: Bool
  /// How many answers are wanted; all of them share the prompt's computation.
  public var choices: Int
  /// Log-probabilities: how many of the most probable tokens come with each; nil for no
  /// log-probabilities at all.
  public var topLogprobs: Int?
  /// Whether the prompt's own tokens are scored.
  public var scoresPrompt: Bool
  /// What the answer must match, compiled for the model's vocabulary.
  ///
  /// It is completed within the limit of tokens; one that cannot be is refused.
  public var grammar: CompiledGrammar?
  /// When the answer ends, whether it is complete or not.
  public var deadline: ContinuousClock.Instant?
  /// Whether tokens are guessed from what the text has already said; they are checked, and change
  /// nothing but the speed.
  public var usesPromptLookup: Bool
  /// Whether beginnings of prompts that were computed before may be used.
  public var usesPrefixCache: Bool
  /// Requests share computed beginnings only with those that have the same salt.
  public var cacheSalt: String
  /// Whose request it is: clients take turns.
  public var client: String

  /// A request for one greedy answer, unless told otherwise.
  public init(
    prompt: [Int], adapter: AdapterHandle? = nil,
    sampling: SamplingConfiguration = SamplingConfiguration(), maxTokens: Int = 256,
    stops: [String] = [], choices: Int = 1, topLogprobs: Int? = nil, client: String = ""
  ) {
    (self.prompt, self.adapter, self.sampling) = (prompt, adapter, sampling)
    (self.maxTokens, self.stops, self.choices) = (maxTokens, stops, choices)
    (self.topLogprobs, self.client) = (topLogprobs, client)
    (minTokens, includesStop, stopTokens, ignoresEndOfSequence) = (0, false, [], false)
    (scoresPrompt, grammar, deadline, usesPromptLookup) = (false, nil, nil, false)
    (usesPrefixCache, cacheSalt) = (true, "")
  }

  /// The request that the same settings of a single generation make.
  public init(_ request: GenerationRequest) {
    self.init(
      prompt: request.prompt, sampling: request.sampling, maxTokens: request.maxTokens,
      stops: request.stops)
  }
}
