/// Hashes that say which base, tokenizer and chat template an adapter belongs to.
public struct ModelFingerprint: Sendable, Equatable {
  /// SHA-256 of the GGUF file, or of the list of the weight files' hashes.
  public var weights: String
  /// SHA-256 over what decides token ids; nil without a tokenizer.
  public var tokenizer: String?
  /// SHA-256 of the template's text; nil without one.
  public var chatTemplate: String?

  /// The hashes of a model, in hexadecimal.
  public init(weights: String, tokenizer: String?, chatTemplate: String?) {
    (self.weights, self.tokenizer, self.chatTemplate) = (weights, tokenizer, chatTemplate)
  }
}
