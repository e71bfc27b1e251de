import ModelFiles
package import Models
import TensorCore
package import Tokenization

/// Generates many answers at once: as one ends, the next request takes its place.
///
/// One owner; every call returns when its answers are there. The same requests in the same batch give the
/// same bits on any number of threads.
package final class BatchGenerator {
  /// How many sequences are computed in one step.
  package let maximumBatch: Int
  /// How many rows of prompts are computed in one step, so that it ends within a second or so.
  private static let promptRows = 512
  /// A common beginning shorter than this is not worth a step of its own.
  private static let shortestPrefix = 8

  private let decoder: CachedDecoder
  private let tokenizer: Tokenizer?
  private let endTokens: Set<Int>
  private let context: Int
  private let vocabulary: Int

  /// A generator for a model, with an adapter where one is attached.
  ///
  /// Without a tokenizer, answers are tokens only.
  package init(model: DecoderLM, tokenizer: Tokenizer?, maximumBatch: Int = 32) {
    require(maximumBatch > 0, "BatchGenerator: maximumBatch \(maximumBatch)")
    self.maximumBatch = maximumBatch
    self.tokenizer = tokenizer
    decoder = CachedDecoder(model)
    endTokens = Set(model.configuration.eosTokenIDs).union(tokenizer?.endOfSequence ?? [])
    context = model.configuration.maxPositions
    vocabulary = model.configuration.vocabularySize
  }

  package convenience init(_ bundle: ModelBundle, maximumBatch: Int = 32) {
    self.init(model: bundle.model, tokenizer: bundle.tokenizer, maximumBatch: maximumBatch)
  }

  /// Throws unless the request can be answered.
  package func check(_ request: GenerationRequest) throws(InferenceError) {
    if request.prompt.isEmpty { throw .emptyPrompt }
    guard request.prompt.count < context else {
      throw .promptTooLong(tokens: request.prompt.count, context: context)
    }
    if let id = request.prompt.first(where: { $0 < 0 || $0 >= vocabulary }) {
      throw .tokenOutOfRange(id: id, vocabulary: vocabulary)
    }
    if let broken = request.sampling.violation {
      throw .option(name: broken.name, rule: broken.rule, value: broken.value)
    }
    if request.maxTokens < 1 {
      throw .option(name: "max-tokens", rule: "at least 1", value: "\(request.maxTokens)")
    }
    if tokenizer == nil && !request.stops.isEmpty { throw .noTokenizer("stop strings need text") }
  }

  /// Answers all requests.
  ///
  /// - Parameters:
  ///   - requests: Answered in batches, in this order.
  ///   - isCancelled: Asked between steps; true ends the work, and what is unfinished is dropped.
  ///   - onText: Called with a request's index and each piece of text that became certain.
  ///   - onResult: Called once for each answer, in the order in which they end.
  /// - Throws: `InferenceError` before anything is computed, if a request cannot be answered; or when
  ///   the model's output is not finite.
  package func run(
    _ requests: [GenerationRequest], isCancelled: () -> Bool = { false },
    onText: (Int, String) throws -> Void = { _, _ in },
    onResult: (Int, GenerationResult) throws -> Void
  ) throws {
    for request in requests { try check(request) }
    let prefix = sharedPrefix(of: requests)
    var waiting = requests.indices[...]
    var running: [RunningSequence] = []
    while !isCancelled() {
      while running.count < maximumBatch, let index = waiting.popFirst() {
        let cache = SequenceCache(copying: prefix, prefix: prefix.tokens.count)
        running.append(
          RunningSequence(
            index: index, request: requests[index], cache: cache, tokenizer: tokenizer))
      }
      if running.isEmpty { return }
      try step(running, onText)
      for sequence in running where sequence.finishReason != nil {
        try onResult(sequence.index, sequence.result())
      }
      running.removeAll { $0.finishReason != nil }
    }
  }

  /// Answers all requests, in their order.
  package func generate(_ requests: [GenerationRequest]) throws -> [GenerationResult] {
    var results = [GenerationResult?](repeating: nil, count: requests.count)
    try run(requests) { results[$0] = $1 }
    return results.compactMap { $0 }
  }

  /// Answers one request with what `cache` knows of its prompt, and leaves in it what was computed.
  package func generate(
    _ request: GenerationRequest, continuing cache: SequenceCache,
    isCancelled: () -> Bool = { false }, onText: (String) throws -> Void = { _ in }
  ) throws -> GenerationResult {
    try check(request)
    // The last token is always computed: its logits are what the answer begins with.
    cache.truncate(to: min(cache.commonPrefix(with: request.prompt), request.prompt.count - 1))
    let sequence = RunningSequence(
      index: 0, request: request, cache: cache, tokenizer: tokenizer)
    while sequence.finishReason == nil && !isCancelled() {
      try step([sequence]) { try onText($1) }
    }
    return sequence.result(cancelled: true)
  }

  /// What the prompts of all requests begin with, computed once.
  private func sharedPrefix(of requests: [GenerationRequest]) -> SequenceCache {
    let cache = SequenceCache()
    guard requests.count > 1, let first = requests.first else { return cache }
    var length = first.prompt.count - 1
    for request in requests {
      let common = zip(first.prompt, request.prompt).prefix { $0 == $1 }.count
      length = min(length, common, request.prompt.count - 1)
    }
    guard length >= Self.shortestPrefix else { return cache }
    for start in stride(from: 0, to: length, by: Self.promptRows) {
      let end = min(start + Self.promptRows, length)
      _ = decoder.step([Feed(cache, Array(first.prompt[start..<end]), wantsLogits: false)])
    }
    return cache
  }

  /// One token for every sequence whose prompt is computed, and a share of the prompts of others.
  private func step(_ running: [RunningSequence], _ onText: (Int, String) throws -> Void) throws {
    var feeds: [Feed] = []
    var choosing: [RunningSequence] = []
    var rowsLeft = Self.promptRows
    for sequence in running {
      let isAnswering = sequence.pending.count == 1
      guard isAnswering || rowsLeft > 0 else { continue }
      let feed = sequence.feed(limit: isAnswering ? 1 : rowsLeft)
      if !isAnswering { rowsLeft -= feed.tokens.count }
      if feed.wantsLogits { choosing.append(sequence) }
      feeds.append(feed)
    }
    let tokens = Self.choose(choosing, decoder.step(feeds))
    for (sequence, token) in zip(choosing, tokens) {
      guard let token else {
        throw InferenceError.nonFiniteLogits(position: sequence.cache.tokens.count)
      }
      let text = sequence.append(token, endTokens: endTokens, context: context)
      if !text.isEmpty { try onText(sequence.index, text) }
    }
  }

  /// The next token of each sequence, from its row of logits; nil where one is not finite.
  private static func choose(_ sequences: [RunningSequence], _ logits: Tensor<Float>) -> [Int?] {
    let vocabulary = logits.shape[1]
    let choices = sequences.map { (sampler: $0.sampler, place: $0.tokens.count) }
    var tokens = [Int?](repeating: nil, count: sequences.count)
    tokens.withUnsafeMutableBufferPointer { tokens in
      nonisolated(unsafe) let tokens = tokens
      logits.withUnsafePointer { logits in
        ThreadPool.shared.forEach(choices.count) { row in
          let start = logits + row * vocabulary
          tokens[row] = choices[row].sampler.token(
            UnsafeBufferPointer(start: start, count: vocabulary), place: choices[row].place)
        }
      }
    }
    return tokens
  }
}
