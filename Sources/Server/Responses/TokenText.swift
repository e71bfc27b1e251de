import Inference
import SafeIO
import Tokenization

/// How tokens are written in log-probabilities.
struct TokenText: Sendable {
  let tokenizer: Tokenizer

  /// The token's own text; control tokens by their names.
  func bytes(_ id: Int) -> [UInt8] { tokenizer.decodeBytes([id]) }

  /// The text, with U+FFFD for bytes that are no UTF-8 by themselves.
  func text(_ id: Int) -> String { String(decoding: bytes(id), as: UTF8.self) }

  /// A text that differs for tokens that differ: `bytes:\xf0\x9f` for what is no UTF-8 by itself.
  func key(_ id: Int) -> String {
    let bytes = bytes(id)
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return "bytes:" + bytes.map { "\\x" + Self.hex($0) }.joined()
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }

  /// A log-probability as JSON, which has no infinity: what is impossible is -9999.
  static func json(_ logprob: Float?) -> JSON {
    guard let logprob else { return .null }
    guard logprob.isFinite else { return JSON(-9999.0) }
    return JSON(max(-9999, Double(logprob)))
  }
}
