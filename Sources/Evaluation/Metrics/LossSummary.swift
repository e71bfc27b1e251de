import Foundation

/// A sum of losses and what it can be divided by.
package struct LossSummary: Sendable, Equatable {
  /// Sum of the negative natural logarithms of the target tokens' probabilities.
  package var nats: Double
  /// Target tokens.
  package var tokens: Int
  /// UTF-8 bytes of the text that the target tokens spell.
  package var bytes: Int

  package init(nats: Double = 0, tokens: Int = 0, bytes: Int = 0) {
    self.nats = nats
    self.tokens = tokens
    self.bytes = bytes
  }

  package static func += (total: inout LossSummary, part: LossSummary) {
    total.nats += part.nats
    total.tokens += part.tokens
    total.bytes += part.bytes
  }

  /// Nats per target token; nil without targets.
  package var loss: Double? { tokens > 0 ? nats / Double(tokens) : nil }

  /// `exp(loss)`; comparable only between models with one tokenizer.
  package var perplexity: Double? { loss.map { exp($0) } }

  /// Bits per byte of target text; comparable whatever the tokenizer.
  ///
  /// The loss of the tokens that
  /// end turns counts, though they spell no text.
  package var bitsPerByte: Double? { bytes > 0 ? nats / (Double(bytes) * M_LN2) : nil }
}
