import SafeIO

/// The body of `/v1/completions`.
struct CompletionRequest: Sendable {
  var options: AnswerOptions
  var prompts: [PromptInput]
  var maxTokens: Int
  /// Alternatives to tell with each token, nil for no log-probabilities.
  var topLogprobs: Int?
  /// Whether the answer begins with the prompt, its tokens scored if log-probabilities are wanted.
  var echoes: Bool
  /// Members that a lenient server did not read.
  var ignored: [String]

  init(_ body: JSON, _ state: ServerState) throws(APIError) {
    var fields = try Fields(body)
    options = try AnswerOptions(&fields, state)
    prompts = try PromptInput.read(&fields, "prompt", state)
    echoes = try fields.bool("echo") ?? false
    maxTokens = try fields.integer("max_tokens", in: 0...Int.max) ?? 16
    guard maxTokens > 0 || echoes else {
      throw .value("max_tokens", "must be at least 1 without 'echo'")
    }
    topLogprobs = try Self.topLogprobs(&fields, limit: state.limits.logprobs)
    if let best = try fields.integer("best_of", in: 1...Int.max), best != options.choices {
      throw .unsupported("best_of", "must be the same as 'n'")
    }
    try fields.refuse(["suffix"])
    ignored = try fields.finish(isLenient: state.configuration.isLenient)
  }

  /// Old clients send a boolean where a number is meant; it is not taken for one.
  private static func topLogprobs(_ fields: inout Fields, limit: Int) throws(APIError) -> Int? {
    try fields.integer("logprobs", in: 0...limit)
  }
}
