/// How much a serving engine takes on at once, and how exactly it computes.
///
/// None of the sizes changes a bit of any answer.
public struct ServingConfiguration: Sendable, Equatable {
  /// Whether the blocks of quantised weights are multiplied as they are, or everything is f32.
  public var numerics: ServingNumerics
  /// Tokens whose keys and values there is room for.
  ///
  /// Nil makes room for four contexts, but for 16,384 tokens at least and 32,768 at most, as long as they fit into
  /// a quarter of the memory; always for one context.
  public var cacheTokens: Int?
  /// The most rows of one step: tokens of prompts, where no answer is waiting for its next token.
  public var maxBatchTokens: Int
  /// The most answers that are computed at the same time.
  public var maxSequences: Int
  /// The most requests that wait for their turn; one more is refused.
  public var maxQueue: Int
  /// Whether the beginnings of prompts that were computed before are used again.
  public var cachesPrefixes: Bool
  /// How many times as long as without them a step may last with the prompts that are computed in it.
  ///
  /// Above 1; it bounds how long those who read an answer wait for its next token while others' prompts
  /// arrive.
  public var stepStretch: Double

  /// The defaults suit one machine with a small model.
  public init(
    numerics: ServingNumerics = .fast, cacheTokens: Int? = nil, maxBatchTokens: Int = 256,
    maxSequences: Int = 64, maxQueue: Int = 256, cachesPrefixes: Bool = true,
    stepStretch: Double = 1.45
  ) {
    (self.numerics, self.cacheTokens) = (numerics, cacheTokens)
    (self.maxBatchTokens, self.maxSequences) = (maxBatchTokens, maxSequences)
    (self.maxQueue, self.cachesPrefixes) = (maxQueue, cachesPrefixes)
    self.stepStretch = stepStretch
  }

  /// The tokens that there is room for where nothing else is said.
  ///
  /// Beginnings of prompts are kept in the same room: with a small context, four of it would hold few.
  ///
  /// - Parameters:
  ///   - context: The model's.
  ///   - bytesPerToken: Bytes of the keys and values of one token.
  ///   - memory: Bytes of the machine's memory.
  /// - Returns: At least `context`.
  package static func cacheTokens(context: Int, bytesPerToken: Int, memory: UInt64) -> Int {
    let wanted = min(max(4 * min(context, 8192), 16_384), 32_768)
    let affordable = Int(clamping: memory / 4) / max(bytesPerToken, 1)
    return max(context, min(wanted, affordable))
  }

  /// Throws unless every size is in its range.
  func check() throws(InferenceError) {
    let ranges = [
      ("cache-tokens", 16...(1 << 28), cacheTokens ?? 16),
      ("max-batch-tokens", 1...(1 << 20), maxBatchTokens),
      ("max-sequences", 1...4096, maxSequences), ("max-queue", 0...1_000_000, maxQueue),
    ]
    for (name, range, value) in ranges where !range.contains(value) {
      throw .option(
        name: name, rule: "from \(range.lowerBound) to \(range.upperBound)", value: "\(value)")
    }
    guard (1.01...1000).contains(stepStretch) else {
      throw .option(name: "step-stretch", rule: "from 1.01 to 1000", value: "\(stepStretch)")
    }
  }
}
