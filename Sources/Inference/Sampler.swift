import TensorCore

/// Chooses the tokens of one answer.
package struct Sampler: Sendable {
  private let configuration: SamplingConfiguration
  /// Ids of the prompt and the answer; kept only for the repetition penalty.
  private var seen: Set<Int> = []
  /// How often each id stands in the answer; kept only for the penalties that ask.
  private var counts: [Int: Int] = [:]

  package init(_ configuration: SamplingConfiguration, prompt: [Int]) {
    self.configuration = configuration
    if configuration.repetitionPenalty != 1 { seen = Set(prompt) }
  }

  /// Notes that `token` stands in the answer.
  package mutating func append(_ token: Int) {
    if configuration.repetitionPenalty != 1 { seen.insert(token) }
    if configuration.countsTokens { counts[token, default: 0] += 1 }
  }

  /// The token at place `place` of the answer.
  ///
  /// - Parameters:
  ///   - logits: The model's, as it gave them.
  ///   - place: How many tokens of the answer come before.
  ///   - choice: Which of the answers to one prompt it is; each has its own random numbers.
  ///   - exclude: Makes logits of tokens that must not come `-infinity`; at least one must be left.
  /// - Returns: nil where a logit is not finite.
  package func token(
    _ logits: UnsafeBufferPointer<Float>, place: Int, choice: Int = 0,
    exclude: ((UnsafeMutableBufferPointer<Float>) -> Void)? = nil
  ) -> Int? {
    guard let base = logits.baseAddress, Self.areFinite(logits) else { return nil }
    let isPlain = !configuration.changesLogits && exclude == nil
    if isPlain && configuration.temperature == 0 { return Self.argmax(logits) }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { scores in
      guard let address = scores.baseAddress else { return nil }
      address.initialize(from: base, count: logits.count)
      penalize(scores)
      exclude?(scores)
      if configuration.temperature == 0 { return Self.argmax(UnsafeBufferPointer(scores)) }
      let stream = UInt64(choice) << 40 | UInt64(place)
      var generator = RandomGenerator(seed: configuration.seed, stream: stream)
      return Self.draw(from: filtered(scores), generator.nextUniform())
    }
  }

  private func penalize(_ scores: UnsafeMutableBufferPointer<Float>) {
    let penalty = Float(configuration.repetitionPenalty)
    for id in seen where id < scores.count {
      scores[id] = scores[id] > 0 ? scores[id] / penalty : scores[id] * penalty
    }
    for (id, bias) in configuration.logitBias where id < scores.count { scores[id] += Float(bias) }
    for (id, count) in counts where id < scores.count {
      scores[id] -= Float(
        configuration.presencePenalty + configuration.frequencyPenalty * Double(count))
    }
  }

  /// A token that may be chosen, and its probability up to a common factor.
  package struct Candidate: Equatable {
    package var id: Int
    package var weight: Double
  }

  /// The tokens that penalty and filters leave, the most probable first where a filter is set, by id
  /// otherwise.
  ///
  /// - Parameter scores: The model's logits; overwritten.
  /// - Returns: At least one.
  package func candidates(_ scores: UnsafeMutableBufferPointer<Float>) -> [Candidate] {
    penalize(scores)
    return filtered(scores)
  }

  /// What temperature and filters leave of logits that are penalised already.
  private func filtered(_ scores: UnsafeMutableBufferPointer<Float>) -> [Candidate] {
    guard let address = scores.baseAddress else { return [] }
    let count = scores.count
    let greatest = Float.kernels.max(address, count)
    // Shifting before dividing keeps a tiny temperature from making infinities of the best logits.
    for id in 0..<count {
      scores[id] = Float(Double(scores[id] - greatest) / configuration.temperature)
    }
    Float.kernels.exp(address, address, count)

    let threshold = max(Float(configuration.minP), .leastNonzeroMagnitude)
    guard configuration.topK != nil || configuration.topP < 1 else {
      return (0..<count).lazy.filter { scores[$0] >= threshold }
        .map { Candidate(id: $0, weight: Double(scores[$0])) }
    }
    var ranked = AnyIterator(Ranking(weights: UnsafeBufferPointer(scores)))
    var total = scores.reduce(0) { $0 + Double($1) }
    if let topK = configuration.topK, topK < count {
      let best = Array(ranked.prefix(topK))
      total = best.reduce(0) { $0 + Double(scores[$1]) }
      ranked = AnyIterator(best.makeIterator())
    }
    let goal = configuration.topP < 1 ? configuration.topP * total : .infinity
    var kept: [Candidate] = []
    var sum = 0.0
    while sum < goal, let id = ranked.next(), scores[id] >= threshold {
      kept.append(Candidate(id: id, weight: Double(scores[id])))
      sum += Double(scores[id])
    }
    return kept
  }

  private static func draw(from candidates: [Candidate], _ uniform: Double) -> Int? {
    let goal = uniform * candidates.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    for candidate in candidates {
      sum += candidate.weight
      if sum > goal { return candidate.id }
    }
    return candidates.last?.id
  }

  /// The id of the greatest logit, the lowest of equals.
  private static func argmax(_ scores: UnsafeBufferPointer<Float>) -> Int? {
    guard let base = scores.baseAddress else { return nil }
    let greatest = Float.kernels.max(base, scores.count)
    return scores.firstIndex(of: greatest)
  }

  static func areFinite(_ logits: UnsafeBufferPointer<Float>) -> Bool {
    guard let base = logits.baseAddress else { return true }
    // One pass at full speed: a sum is not finite if a term is not. Were finite terms to overflow it,
    // the second pass would tell.
    return Float.kernels.sum(base, logits.count).isFinite || logits.allSatisfy(\.isFinite)
  }
}
