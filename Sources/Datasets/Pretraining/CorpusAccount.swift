package import SafeIO

/// What became of the text that a model is pre-trained on.
package struct CorpusAccount: Sendable, Equatable {
  /// Documents for training and for validation.
  package var documents = 0
  package var heldOut = 0
  /// Tokens of both, and bytes of the text that they spell.
  package var tokens = 0
  package var heldOutTokens = 0
  package var bytes = 0
  package var heldOutBytes = 0
  /// Documents of fewer than two tokens, which are left out.
  package var tooShort = 0
  /// Bytes that no valid UTF-8 sequence holds; they are learnt as they are.
  package var invalidBytes = 0
  /// Rows without a text.
  package var rowsWithoutText = 0
  /// Keys of rows that nothing reads, and how many rows have them.
  package var ignoredKeys: [String: Int] = [:]

  package init() {}

  package var json: JSON {
    var object = JSONObject()
    object["documents"] = JSON(documents)
    object["held_out_documents"] = JSON(heldOut)
    object["tokens"] = JSON(tokens)
    object["held_out_tokens"] = JSON(heldOutTokens)
    object["bytes"] = JSON(bytes)
    object["held_out_bytes"] = JSON(heldOutBytes)
    object["too_short"] = JSON(tooShort)
    object["invalid_bytes"] = JSON(invalidBytes)
    object["rows_without_text"] = JSON(rowsWithoutText)
    var keys = JSONObject()
    for key in ignoredKeys.keys.sorted() { keys[key] = JSON(ignoredKeys[key] ?? 0) }
    object["ignored_keys"] = JSON(keys)
    return JSON(object)
  }

  /// The account that `json` is of; nil for anything else.
  package init?(json: JSON) {
    let fields: [(String, WritableKeyPath<CorpusAccount, Int>)] = [
      ("documents", \.documents), ("held_out_documents", \.heldOut), ("tokens", \.tokens),
      ("held_out_tokens", \.heldOutTokens), ("bytes", \.bytes),
      ("held_out_bytes", \.heldOutBytes), ("too_short", \.tooShort),
      ("invalid_bytes", \.invalidBytes), ("rows_without_text", \.rowsWithoutText),
    ]
    for (key, place) in fields {
      guard let number = json[key]?.int else { return nil }
      self[keyPath: place] = number
    }
    guard let keys = json["ignored_keys"]?.object else { return nil }
    for (key, value) in keys { ignoredKeys[key] = value.int }
  }
}
