import Constraints
public import Tokenization

extension ServingEngine {
  /// Throws unless the request can be answered when its turn comes.
  ///
  /// - Parameter request: What is wanted.
  /// - Throws: `InferenceError`; `AdmissionError.tooLarge`.
  public func check(_ request: ServingRequest) throws {
    try checkPrompt(request)
    try checkNumbers(request)
    if tokenizer == nil && !request.stops.isEmpty {
      throw InferenceError.noTokenizer("stop strings need text")
    }
    try checkGrammar(request)
    let pages = Job.pages(request, pageTokens: KeyValuePool.pageTokens, context: context)
    let all = (cacheTokens + KeyValuePool.pageTokens - 1) / KeyValuePool.pageTokens
    guard pages <= all else {
      throw AdmissionError.tooLarge(tokens: pages * KeyValuePool.pageTokens, capacity: cacheTokens)
    }
  }

  private func checkGrammar(_ request: ServingRequest) throws(InferenceError) {
    guard let grammar = request.grammar else { return }
    let limit = Job.limit(request, context: context)
    guard grammar.minimalTokens <= limit else {
      throw .grammarTooLong(needed: grammar.minimalTokens, limit: limit)
    }
  }

  private func checkPrompt(_ request: ServingRequest) throws(InferenceError) {
    if request.prompt.isEmpty { throw .emptyPrompt }
    // A prompt that is only scored may fill the context.
    guard request.prompt.count < context + (request.maxTokens == 0 ? 1 : 0) else {
      throw .promptTooLong(tokens: request.prompt.count, context: context)
    }
    let ids = [
      request.prompt, request.stopTokens.sorted(), request.sampling.logitBias.keys.sorted(),
    ]
    for id in ids.joined() where id < 0 || id >= vocabularySize {
      throw .tokenOutOfRange(id: id, vocabulary: vocabularySize)
    }
  }

  private func checkNumbers(_ request: ServingRequest) throws(InferenceError) {
    if let broken = request.sampling.violation {
      throw .option(name: broken.name, rule: broken.rule, value: broken.value)
    }
    let ranges = [
      ("max-tokens", 0...Int(Int32.max), request.maxTokens),
      ("min-tokens", 0...max(request.maxTokens, 0), request.minTokens),
      ("choices", 1...min(configuration.maxSequences, 1024), request.choices),
      ("top-logprobs", 0...vocabularySize, request.topLogprobs ?? 0),
    ]
    for (name, range, value) in ranges where !range.contains(value) {
      throw .option(
        name: name, rule: "from \(range.lowerBound) to \(range.upperBound)", value: "\(value)")
    }
  }

  /// The tokens of a conversation, up to where an assistant answers.
  ///
  /// - Parameter messages: What was said.
  /// - Returns: Ids.
  /// - Throws: `InferenceError`; `TemplateError` if the template refuses the messages.
  public func encode(_ messages: [ChatMessage]) throws -> [Int] {
    try PromptEncoder(tokenizer).encode(messages)
  }

  /// The tokens of a text that is to be continued as it is, without the chat template.
  ///
  /// - Parameter text: The text.
  /// - Returns: Ids.
  /// - Throws: `InferenceError.noTokenizer`.
  public func encode(continuing text: String) throws -> [Int] {
    try PromptEncoder(tokenizer).encode(continuing: text)
  }
}
