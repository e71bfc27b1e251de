import Synchronization
import TensorCore
import Tokenization

/// Where the mean of hidden states is put.
final class EmbeddingResult: Sendable {
  private let values = Mutex<[Float]?>(nil)

  var vector: [Float]? {
    get { values.withLock { $0 } }
    set { values.withLock { $0 = newValue } }
  }
}

/// A request that the worker is answering.
final class Job {
  let submission: Submission
  /// Pages that it may come to hold, all choices together.
  let entitledPages: Int
  /// Keys and values of the prompt, until choices begin.
  private(set) var cache: PagedSequence
  /// The keys of the prompt's whole pages, and of what the first choice adds to them.
  private(set) var keys: PrefixKeys
  private(set) var choices: [Choice] = []
  private(set) var cachedTokens = 0
  /// Whether nothing more will be said of it.
  var isEnded = false
  /// Whether no choice has been reported yet.
  var isFirstAnswer = true
  private var scores: [TokenScore?]
  private var hiddenSum: [Double] = []

  var request: ServingRequest { submission.request }
  var prompt: [Int] { submission.request.prompt }

  init(_ submission: Submission, pool: KeyValuePool, identity: [String], context: Int) {
    self.submission = submission
    entitledPages = Self.pages(submission.request, pageTokens: pool.pageTokens, context: context)
    cache = PagedSequence(pool)
    keys = PrefixKeys(identity: identity, pageTokens: pool.pageTokens)
    scores = []
    if submission.request.usesPrefixCache { keys.extend(over: submission.request.prompt) }
    if let first = firstScored { scores = Array(repeating: nil, count: max(first, 0)) }
  }

  /// The most tokens of an answer: where the context ends, so does the answer.
  static func limit(_ request: ServingRequest, context: Int) -> Int {
    min(request.maxTokens, max(context - request.prompt.count, 0))
  }

  /// The most pages that a request may come to hold.
  static func pages(_ request: ServingRequest, pageTokens: Int, context: Int) -> Int {
    let all = request.prompt.count + limit(request, context: context)
    let pages = (all + pageTokens - 1) / pageTokens
    guard request.choices > 1 else { return pages }
    // Whole pages of the prompt are shared. The page where the prompt ends is copied by all; the last
    // one to do so may still find it shared.
    return pages + (request.choices - 1) * (pages - request.prompt.count / pageTokens) + 1
  }

  /// The first token of the prompt that gets a score; nil for none.
  private var firstScored: Int? {
    switch submission.purpose {
    case .score(let from): max(from, 1)
    case .answer: request.scoresPrompt ? 1 : nil
    case .embedding: nil
    }
  }

  /// Whether the logits after every row of the prompt are wanted.
  var scoresRows: Bool { firstScored != nil }

  // MARK: The prompt

  var promptLeft: Int { choices.isEmpty ? prompt.count - cache.length : 0 }

  /// The key of the page that the next token of the prompt is in, where it is a whole one.
  var currentKey: String? {
    let index = cache.length / cache.pool.pageTokens
    return index < keys.keys.count ? keys.keys[index] : nil
  }

  /// Goes on from where others have come with the same prompt.
  func reuse(_ prefixes: PrefixCache) {
    // What is scored must be computed, and so must the row that the answer begins with.
    let needed = min(firstScored.map { $0 - 1 } ?? prompt.count - 1, prompt.count - 1)
    guard request.usesPrefixCache, submission.purpose != .embedding else { return }
    let pageTokens = cache.pool.pageTokens
    let limit = min(keys.keys.count, needed / pageTokens)
    guard limit * pageTokens > cache.length else { return }
    let pages = prefixes.pages(keys.keys, limit: limit)
    let length = pages.count * pageTokens
    guard length > cache.length else { return }
    cachedTokens += length - cache.length
    cache = PagedSequence(cache.pool, sharing: pages, length: length)
  }

  /// The next `count` tokens of the prompt.
  func promptRows(_ count: Int) -> SequenceRows {
    let tokens = prompt[cache.length..<cache.length + count].map { Int32($0) }
    let end = cache.length + count
    var outputs = SequenceRows.Outputs.none
    if submission.purpose == .embedding {
      outputs = .hidden
    } else if let firstScored, end >= firstScored {
      outputs = .all
    } else if end == prompt.count {
      outputs = .last
    }
    return SequenceRows(
      tokens, cache: cache, adapter: request.adapter?.snapshot, outputs: outputs)
  }

  /// Scores tokens of the prompt from the logits before them.
  ///
  /// - Parameters:
  ///   - logits: A row after each token from `start` on.
  ///   - start: The place of the first row's token.
  /// - Returns: False where the logits are not finite.
  func scorePrompt(_ logits: [UnsafeBufferPointer<Float>], from start: Int) -> Bool {
    guard let firstScored else { return true }
    let rows = logits.indices.filter {
      (firstScored..<max(prompt.count, firstScored)).contains(start + $0 + 1)
    }
    var results = [TokenScore?](repeating: nil, count: rows.count)
    let (tokens, top) = (prompt, request.topLogprobs ?? 0)
    results.withUnsafeMutableBufferPointer { results in
      nonisolated(unsafe) let (results, logits) = (results, logits)
      ThreadPool.shared.forEach(rows.count) { index in
        let row = rows[index]
        results[index] = TokenScorer.score(tokens[start + row + 1], logits[row], top: top)
      }
    }
    scores += results
    return results.allSatisfy { $0 != nil }
  }

  /// Adds hidden states in the order of their positions, so that it does not matter how a prompt is cut.
  func addHidden(_ rows: UnsafeBufferPointer<Float>, size: Int) {
    if hiddenSum.isEmpty { hiddenSum = Array(repeating: 0, count: size) }
    for (index, value) in rows.enumerated() { hiddenSum[index % size] += Double(value) }
  }

  /// The mean of the hidden states, of length 1.
  func embedding() -> [Float]? {
    let norm = hiddenSum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard norm.isFinite, norm > 0 else { return nil }
    return hiddenSum.map { Float($0 / norm) }
  }

  /// What the prompt's scores are, once it is computed.
  var promptScores: ServingEvent? { firstScored == nil ? nil : .promptScores(scores) }

  // MARK: The answers

  /// Begins the choices, all with the same pages.
  func begin(context: Int, modelEnds: Set<Int>, tokenizer: Tokenizer?) {
    let limit = Self.limit(request, context: context)
    guard submission.purpose == .answer, limit > 0 else { return }
    let ends = (request.ignoresEndOfSequence ? [] : modelEnds).union(request.stopTokens)
    choices = (0..<request.choices).map { index in
      Choice(
        index: index, request: request,
        cache: index == 0 ? cache : cache.fork(prefix: cache.length), limit: limit,
        endTokens: ends, tokenizer: tokenizer)
    }
  }

  /// Keeps what a choice has computed for prompts that begin with it.
  func keep(_ choice: Choice, in prefixes: PrefixCache) {
    guard request.usesPrefixCache, submission.purpose == .answer else { return }
    var keys = keys
    keys.extend(over: prompt + choice.tokens.dropLast())
    let pages = min(keys.keys.count, choice.cache.length / choice.cache.pool.pageTokens)
    prefixes.insert(keys.keys, of: choice.cache, count: pages)
  }

  /// Keeps the prompt's whole pages that are computed.
  func keepPrompt(in prefixes: PrefixCache) {
    guard request.usesPrefixCache else { return }
    let pages = min(keys.keys.count, cache.length / cache.pool.pageTokens)
    prefixes.insert(keys.keys, of: cache, count: pages)
  }

  /// Lets go of all pages.
  func release() {
    for choice in choices { choice.cache.release() }
    cache.release()
  }

  /// What was used up to now.
  func usage(_ receipt: Receipt) -> ServingUsage {
    ServingUsage(
      promptTokens: prompt.count, cachedTokens: cachedTokens,
      completionTokens: choices.reduce(0) { $0 + $1.tokens.count },
      acceptedTokens: choices.reduce(0) { $0 + $1.guesses.accepted },
      rejectedTokens: choices.reduce(0) { $0 + $1.guesses.rejected }, receipt: receipt)
  }
}
