/// How the next token is chosen from the model's distribution.
///
/// The filters work in the order that transformers uses: repetition penalty, temperature, top-k, top-p,
/// min-p; bias, presence and frequency come right after the repetition penalty. Of equal logits the lowest
/// id goes first, everywhere.
public struct SamplingConfiguration: Sendable, Equatable {
  /// What logits are divided by; 0 takes the most probable token.
  public var temperature: Double
  /// Keeps the `topK` most probable tokens; nil keeps all.
  public var topK: Int?
  /// Keeps the most probable tokens until their probabilities reach this sum; 1 keeps all.
  public var topP: Double
  /// Keeps tokens at least this share as probable as the most probable one; 0 keeps all.
  public var minP: Double
  /// Divides positive logits of tokens that stand in the prompt or the answer, and multiplies negative
  /// ones (Keskar and others, 2019); 1 changes nothing.
  public var repetitionPenalty: Double
  /// Taken from the logits of tokens that stand in the answer; 0 changes nothing.
  public var presencePenalty: Double
  /// Taken from the logits of tokens, once for each time that they stand in the answer.
  public var frequencyPenalty: Double
  /// Added to the logits of these tokens.
  public var logitBias: [Int: Double]
  /// Random numbers depend on the seed and on the place in the answer, on nothing else.
  public var seed: UInt64

  /// A way of choosing; the most probable token unless told otherwise.
  public init(
    temperature: Double = 0, topK: Int? = nil, topP: Double = 1, minP: Double = 0,
    repetitionPenalty: Double = 1, presencePenalty: Double = 0, frequencyPenalty: Double = 0,
    logitBias: [Int: Double] = [:], seed: UInt64 = 0
  ) {
    (self.temperature, self.topK, self.topP, self.minP) = (temperature, topK, topP, minP)
    (self.repetitionPenalty, self.seed) = (repetitionPenalty, seed)
    (self.presencePenalty, self.frequencyPenalty) = (presencePenalty, frequencyPenalty)
    self.logitBias = logitBias
  }

  /// Whether the model's logits are changed before anything else.
  var changesLogits: Bool {
    repetitionPenalty != 1 || countsTokens || !logitBias.isEmpty
  }

  /// Whether it matters how often a token stands in the answer.
  var countsTokens: Bool { presencePenalty != 0 || frequencyPenalty != 0 }

  /// The rule that a value breaks, in words, or nil.
  package var violation: (name: String, rule: String, value: String)? {
    let ranges: [(String, ClosedRange<Double>, Double)] = [
      ("temperature", 0...100, temperature), ("min-p", 0...1, minP),
      ("repetition-penalty", 0.01...100, repetitionPenalty),
      ("presence-penalty", -100...100, presencePenalty),
      ("frequency-penalty", -100...100, frequencyPenalty),
    ]
    // Written so that NaN, which is in no range, is caught.
    for (name, range, value) in ranges where !range.contains(value) {
      return (name, "from \(range.lowerBound) to \(range.upperBound)", "\(value)")
    }
    guard topP > 0 && topP <= 1 else { return ("top-p", "above 0 and at most 1", "\(topP)") }
    if let topK, topK < 1 { return ("top-k", "at least 1", "\(topK)") }
    for (id, bias) in logitBias.sorted(by: { $0.key < $1.key })
    where !(-1000...1000).contains(bias) {
      return ("logit-bias", "from -1000 to 1000 for every token", "\(bias) for token \(id)")
    }
    return nil
  }
}
