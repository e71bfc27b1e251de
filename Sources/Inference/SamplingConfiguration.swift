/// How the next token is chosen from the model's distribution.
///
/// The filters work in the order that transformers uses: repetition penalty, temperature, top-k, top-p,
/// min-p. Of equal logits the lowest id goes first, everywhere.
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
  /// Random numbers depend on the seed and on the place in the answer, on nothing else.
  public var seed: UInt64

  /// A way of choosing; the most probable token unless told otherwise.
  public init(
    temperature: Double = 0, topK: Int? = nil, topP: Double = 1, minP: Double = 0,
    repetitionPenalty: Double = 1, seed: UInt64 = 0
  ) {
    (self.temperature, self.topK, self.topP, self.minP) = (temperature, topK, topP, minP)
    (self.repetitionPenalty, self.seed) = (repetitionPenalty, seed)
  }

  /// The rule that a value breaks, in words, or nil.
  package var violation: (name: String, rule: String, value: String)? {
    let ranges: [(String, ClosedRange<Double>, Double)] = [
      ("temperature", 0...100, temperature), ("min-p", 0...1, minP),
      ("repetition-penalty", 0.01...100, repetitionPenalty),
    ]
    // Written so that NaN, which is in no range, is caught.
    for (name, range, value) in ranges where !range.contains(value) {
      return (name, "from \(range.lowerBound) to \(range.upperBound)", "\(value)")
    }
    guard topP > 0 && topP <= 1 else { return ("top-p", "above 0 and at most 1", "\(topP)") }
    if let topK, topK < 1 { return ("top-k", "at least 1", "\(topK)") }
    return nil
  }
}
