import SafeIO

/// What an answer was computed from: the same receipt and prompt give the same answer, bit for bit.
public struct Receipt: Sendable, Equatable {
  /// SHA-256 of the base's weights.
  public var base: String
  /// SHA-256 of the adapter's weights and scales; nil for the base alone.
  public var adapter: String?
  /// SHA-256 over what decides token ids; nil without a tokenizer.
  public var tokenizer: String?
  /// SHA-256 of the chat template; nil without one.
  public var template: String?
  /// How it was computed: the name and version of the arithmetic.
  public var numerics: String
  /// The seed of the random numbers.
  public var seed: UInt64

  /// SHA-256 over all of it.
  public var id: String {
    let fields = [
      "graft-receipt/1", base, adapter ?? "-", tokenizer ?? "-", template ?? "-", numerics,
      "\(seed)",
    ]
    return FileHash.sha256(of: Array(fields.joined(separator: "\n").utf8))
  }
}
