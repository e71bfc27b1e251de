package import Tokenization

/// Encodes a text with a continuation whose probability is to be measured.
///
/// As evaluation harnesses do it: spaces at the text's end belong to the continuation, both are encoded
/// as one text, and the continuation is what lies behind as many tokens as the text alone has.
package struct ContinuationEncoder: Sendable {
  private let tokenizer: Tokenizer

  package init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// The tokens of both, and where the continuation begins.
  package func encode(_ text: String, _ continuation: String) -> (ids: [Int], start: Int) {
    var kept = Substring(text)
    while kept.last?.isWhitespace == true { kept.removeLast() }
    let whole = String(kept) + text.dropFirst(kept.count) + continuation
    let prefix = tokenizer.sequencePrefix
    let start = prefix.count + tokenizer.encode(String(kept)).count
    let ids = prefix + tokenizer.encode(whole)
    return (ids, min(start, ids.count))
  }
}
