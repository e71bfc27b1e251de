import Foundation

/// A sum of losses and what it can be divided by.
public struct LossSummary: Sendable, Equatable {
  /// Sum of the negative natural logarithms of the target tokens' probabilities.
  public var nats: Double
  /// Target tokens.
  public var tokens: Int
  /// UTF-8 bytes of the text that the target tokens spell.
  public var bytes: Int

  /// A sum.
  public init(nats: Double = 0, tokens: Int = 0, bytes: Int = 0) {
    self.nats = nats
    self.tokens = tokens
    self.bytes = bytes
  }

  /// Adds a part's losses and what they are divided by.
  public static func += (total: inout LossSummary, part: LossSummary) {
    total.nats += part.nats
    total.tokens += part.tokens
    total.bytes += part.bytes
  }

  /// Nats per target token; nil without targets.
  public var loss: Double? { tokens > 0 ? nats / Double(tokens) : nil }

  /// `exp(loss)`; comparable only between models with one tokenizer.
  public var perplexity: Double? { loss.map { exp($0) } }

  /// Bits per byte of target text; comparable whatever the tokenizer.
  ///
  /// The loss of the tokens that
  /// end turns counts, though they spell no text.
  public var bitsPerByte: Double? { bytes > 0 ? nats / (Double(bytes) * M_LN2) : nil }
}
