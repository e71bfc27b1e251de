extension Tokenizer {
  /// The text of `ids`; bytes that are not UTF-8 become U+FFFD, and ids without a token nothing.
  public func decode(
    _ ids: some Sequence<Int>, skippingSpecialTokens: Bool = false
  ) -> String {
    String(
      decoding: decodeBytes(
        skippingSpecialTokens ? ids.filter { !isSpecial($0) } : Array(ids)), as: UTF8.self)
  }

  /// The bytes that `ids` stand for.
  package func decodeBytes(_ ids: some Sequence<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids { storage.bytes.append(id, to: &bytes) }
    return bytes
  }
}
