import Foundation

/// Unicode normalization form C, which the Qwen tokenizers ask for.
enum Normalization {
  /// The composed form of `text`, or nil where that is `text` itself. Bytes that are not valid UTF-8
  /// have no normal form and stay as they are.
  static func composed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    // Below U+0300, which begins with 0xCC, nothing composes.
    guard text.contains(where: { $0 >= 0xCC }),
      let string = String(validating: text, as: UTF8.self)
    else { return nil }
    let result = Array(string.precomposedStringWithCanonicalMapping.utf8)
    return result.elementsEqual(text) ? nil : result
  }

  /// The composed form of `text`.
  static func composed(_ text: String) -> String { text.precomposedStringWithCanonicalMapping }
}
