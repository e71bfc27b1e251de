import ModelFiles

extension ServingEngine {
  /// What an answer comes from, known before it is given.
  ///
  /// - Parameters:
  ///   - adapter: The adapter that answers; nil for the base alone.
  ///   - seed: The seed of the random numbers.
  /// - Returns: The receipt that the answer's `ServingUsage` will have.
  public func receipt(adapter: AdapterHandle?, seed: UInt64) -> Receipt {
    Receipt(
      base: fingerprint.weights, adapter: adapter?.sha256, tokenizer: fingerprint.tokenizer,
      template: fingerprint.chatTemplate, numerics: numerics, seed: seed)
  }
}
