/// Decodes tokens as they come, and never gives out half a character.
///
/// The pieces joined are what `Tokenizer.decode` gives for all ids at once.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skippingSpecialTokens: Bool
  private var repair = UTF8Repair()

  /// A decoder at the beginning of a text.
  public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    self.skippingSpecialTokens = skippingSpecialTokens
  }

  /// The text that became certain with token `id`; often the whole token, sometimes nothing.
  public mutating func append(_ id: Int) -> String {
    if skippingSpecialTokens, tokenizer.isSpecial(id) { return "" }
    return repair.append(tokenizer.storage.bytes[id])
  }

  /// The rest, once no more tokens will come: U+FFFD for a character that was left unfinished.
  public mutating func finish() -> String { repair.finish() }
}
