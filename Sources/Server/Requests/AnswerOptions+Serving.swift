import HTTPTypes
import Hummingbird
import Inference

extension AnswerOptions {
  /// The engine's request for one prompt.
  ///
  /// - Throws: `APIError`, code `context_length_exceeded`, where prompt and answer do not fit.
  func serving(
    _ prompt: [Int], _ adapter: AdapterHandle?, maxTokens: Int?, usualLength: Int,
    _ state: ServerState
  ) throws(APIError) -> ServingRequest {
    let context = state.engine.context
    let room = context - prompt.count
    guard room >= min(maxTokens ?? 1, 1), (maxTokens ?? 1) <= room else {
      throw APIError(
        .badRequest, code: "context_length_exceeded", param: maxTokens == nil ? nil : "max_tokens",
        "the prompt has \(prompt.count) tokens and the answer may have \(maxTokens ?? 1) or more; "
          + "the model's context is \(context)")
    }
    guard minTokens <= maxTokens ?? room else {
      throw .value("min_tokens", "must not be above 'max_tokens'")
    }
    var request = ServingRequest(
      prompt: prompt, adapter: adapter,
      sampling: SamplingConfiguration(
        temperature: temperature, topK: topK, topP: topP, minP: minP,
        repetitionPenalty: repetitionPenalty, presencePenalty: presencePenalty,
        frequencyPenalty: frequencyPenalty, logitBias: logitBias, seed: seed),
      maxTokens: maxTokens ?? min(usualLength, room), stops: stops, choices: choices)
    request.minTokens = minTokens
    request.includesStop = includesStop
    request.stopTokens = stopTokens
    request.ignoresEndOfSequence = ignoresEndOfSequence
    // What is drawn is rarely what was said before.
    request.usesPromptLookup = temperature == 0
    request.cacheSalt = cacheSalt
    return request
  }

  /// The headers of the answer, streamed or not.
  func headers(_ head: AnswerHead, ignored: [String]) -> HTTPFields {
    var headers = HTTPFields()
    headers[.receipt] = head.receipt.id
    // Names in a header must be harmless; those that are not are counted.
    let harmless = ignored.filter { $0.utf8.allSatisfy { (0x21..<0x7F).contains($0) } }
    if !ignored.isEmpty {
      let more = ignored.count - harmless.prefix(32).count
      headers[.ignoredParameters] =
        harmless.prefix(32).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
    return headers
  }
}
