import Constraints
import Tokenization

/// One answer in the making.
final class Choice {
  let index: Int
  /// Keys and values of the prompt and of all tokens but the last.
  let cache: PagedSequence
  /// The tokens of the answer.
  private(set) var tokens: [Int] = []
  private(set) var finishReason: FinishReason?
  private(set) var failure: InferenceError?
  /// Guessed tokens that were right, and wrong.
  private(set) var guesses = (accepted: 0, rejected: 0)

  private let request: ServingRequest
  private let limit: Int
  private let endTokens: Set<Int>
  private var sampler: Sampler
  private var grammar: GrammarState?
  private var stops: StopMatcher
  private var decoder: StreamingDecoder?
  private var lookup: PromptLookup?
  /// What to send with the next event.
  private var text = ""
  private var scores: [TokenScore] = []

  /// An answer to a prompt that is computed.
  ///
  /// - Parameters:
  ///   - index: Its place among the request's choices.
  ///   - request: What is wanted.
  ///   - cache: Holds the prompt.
  ///   - limit: The most tokens that there is room for.
  ///   - endTokens: What ends the answer.
  ///   - tokenizer: Nil where answers are tokens only.
  init(
    index: Int, request: ServingRequest, cache: PagedSequence, limit: Int, endTokens: Set<Int>,
    tokenizer: Tokenizer?
  ) {
    (self.index, self.request, self.cache) = (index, request, cache)
    (self.limit, self.endTokens) = (limit, endTokens)
    sampler = Sampler(request.sampling, prompt: request.prompt)
    grammar = request.grammar.map { GrammarState($0) }
    stops = StopMatcher(request.stops, keepsStop: request.includesStop)
    decoder = tokenizer.map { StreamingDecoder($0) }
    lookup = request.usesPromptLookup ? PromptLookup(request.prompt) : nil
  }

  /// Tokens that may follow the last one, to be checked in one step with it.
  func guess(_ count: Int) -> [Int] {
    // The last token of all is never computed.
    lookup?.guess(min(count, limit - tokens.count - 1)) ?? []
  }

  /// Chooses tokens from the logits after the last one and after each guess, as far as the guesses were
  /// right; touches nothing but this choice.
  ///
  /// - Parameters:
  ///   - logits: A row after the last token, and a row after each guess.
  ///   - drafted: The guesses, which were computed on trust.
  func take(_ logits: UnsafeBufferPointer<Float>, drafted: [Int]) {
    let vocabulary = logits.count / (drafted.count + 1)
    for place in 0...drafted.count {
      let row = UnsafeBufferPointer(rebasing: logits[place * vocabulary..<(place + 1) * vocabulary])
      guard let token = choose(row), let score = score(token, row) else {
        if failure == nil {
          failure = .nonFiniteLogits(position: request.prompt.count + tokens.count)
        }
        return
      }
      append(token, score)
      let wasRight = place < drafted.count && drafted[place] == token
      if wasRight { guesses.accepted += 1 }
      if finishReason != nil || !wasRight {
        guesses.rejected += drafted.count - place - (wasRight ? 1 : 0)
        break
      }
    }
    cache.truncate(to: request.prompt.count + tokens.count - 1)
  }

  private func score(_ token: Int, _ row: UnsafeBufferPointer<Float>) -> TokenScore? {
    guard let top = request.topLogprobs else { return TokenScore(id: token) }
    return TokenScorer.score(token, row, top: top)
  }

  private func choose(_ row: UnsafeBufferPointer<Float>) -> Int? {
    let forbidden = forbiddenTokens.filter { $0 < row.count }
    let isConstrained = grammar != nil
    guard isConstrained || !forbidden.isEmpty else {
      return sampler.token(row, place: tokens.count, choice: index)
    }
    let allowed = allowedTokens(vocabulary: row.count)
    var isExhausted = false
    let token = sampler.token(row, place: tokens.count, choice: index) { scores in
      allowed?.apply(to: scores)
      let ends = forbidden.map { (id: $0, score: scores[$0]) }
      for end in ends { scores[end.id] = -.infinity }
      isExhausted = scores.allSatisfy { $0 == -.infinity }
      // What is complete ends, although it should not yet: its grammar lets nothing follow.
      guard isExhausted, isConstrained else { return }
      for end in ends { scores[end.id] = end.score }
      isExhausted = ends.allSatisfy { $0.score == -.infinity }
    }
    if isExhausted {
      failure = .nothingAllowed(position: tokens.count)
      return nil
    }
    return token
  }

  /// Tokens that must not end the answer here.
  private var forbiddenTokens: Set<Int> {
    var forbidden = tokens.count < request.minTokens ? endTokens : []
    if let grammar, request.ignoresEndOfSequence || tokens.count < request.minTokens {
      forbidden.formUnion(grammar.grammar.vocabulary.endOfSequence)
    }
    return forbidden
  }

  private func allowedTokens(vocabulary: Int) -> TokenMask? {
    guard let grammar else { return nil }
    var mask = TokenMask(vocabularySize: vocabulary)
    grammar.fillMask(&mask, tokensLeft: limit - tokens.count)
    return mask
  }

  private func append(_ token: Int, _ score: TokenScore) {
    tokens.append(token)
    scores.append(score)
    sampler.append(token)
    lookup?.append(token)
    if endTokens.contains(token) {
      finishReason = .stop
    } else {
      guard grammar?.advance(token) != false else {
        failure = .nothingAllowed(position: tokens.count - 1)
        return
      }
      let piece = decoder?.append(token) ?? ""
      // Before the least number of tokens, a stop string is text like any other.
      text += tokens.count < request.minTokens ? piece : stops.append(piece)
      // What is complete has not been cut, even where the limit is: nothing can follow.
      let isWritten =
        grammar.map { $0.isFinished || ($0.isComplete && tokens.count >= limit) } ?? false
      if stops.isStopped || isWritten {
        finishReason = .stop
      } else if tokens.count >= limit {
        finishReason = .length
      }
    }
    if finishReason != nil { flush() }
  }

  /// Ends the answer where it is.
  func end(_ reason: FinishReason) {
    guard finishReason == nil else { return }
    finishReason = reason
    flush()
  }

  /// Releases the text that was held back for a character or a stop string that did not come.
  private func flush() {
    guard !stops.isStopped else { return }
    text += stops.append(decoder?.finish() ?? "")
    text += stops.finish()
    if stops.isStopped { finishReason = .stop }
  }

  /// Whether its end was reported.
  var isReported = false

  /// What became certain since the last call; nil for nothing.
  func event() -> ServingEvent? {
    guard !text.isEmpty || !scores.isEmpty else { return nil }
    defer { (text, scores) = ("", []) }
    return .text(choice: index, text: text, tokens: scores)
  }

  /// The last token, which is not computed yet.
  var pending: Int { tokens[tokens.count - 1] }
}
