import Tokenization

/// One answer in the making.
final class RunningSequence {
  let index: Int
  let request: GenerationRequest
  let cache: SequenceCache
  /// Tokens that are not computed yet: what is left of the prompt, or the last token of the answer.
  private(set) var pending: [Int]
  private(set) var sampler: Sampler
  private(set) var tokens: [Int] = []
  private(set) var finishReason: FinishReason?
  private var text = ""
  private let reusedTokens: Int
  private var stops: StopMatcher
  private var decoder: StreamingDecoder?

  /// An answer that has not begun; `cache` holds a proper prefix of the prompt.
  init(
    index: Int, request: GenerationRequest, cache: SequenceCache, tokenizer: Tokenizer?
  ) {
    (self.index, self.request, self.cache) = (index, request, cache)
    reusedTokens = cache.tokens.count
    pending = Array(request.prompt.dropFirst(reusedTokens))
    sampler = Sampler(request.sampling, prompt: request.prompt)
    stops = StopMatcher(request.stops)
    decoder = tokenizer.map { StreamingDecoder($0) }
  }

  /// The next feed, of at most `limit` tokens.
  func feed(limit: Int) -> Feed {
    let tokens = Array(pending.prefix(limit))
    pending.removeFirst(tokens.count)
    return Feed(cache, tokens, wantsLogits: pending.isEmpty)
  }

  /// Takes the token that was chosen, and gives the text that became certain with it.
  func append(_ token: Int, endTokens: Set<Int>, context: Int) -> String {
    tokens.append(token)
    sampler.append(token)
    pending = [token]
    var released = ""
    if endTokens.contains(token) {
      finishReason = .stop
    } else {
      released = stops.append(decoder?.append(token) ?? "")
      if !stops.isStopped {
        let isFull =
          tokens.count >= request.maxTokens || request.prompt.count + tokens.count >= context
        if isFull { finishReason = .length }
      }
    }
    if finishReason != nil { released += rest() }
    if stops.isStopped { finishReason = .stop }
    text += released
    return released
  }

  /// The text that was held back for a character or a stop string that did not come.
  private func rest() -> String {
    let last = stops.append(decoder?.finish() ?? "")
    return last + stops.finish()
  }

  func result(cancelled: Bool = false) -> GenerationResult {
    if cancelled && finishReason == nil { text += rest() }
    return GenerationResult(
      text: text, tokens: tokens, finishReason: finishReason ?? .cancelled,
      promptTokens: request.prompt.count, reusedTokens: reusedTokens)
  }
}
