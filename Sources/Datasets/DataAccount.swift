package import SafeIO

/// What became of every row: nothing that is dropped or cut goes uncounted.
package struct DataAccount: Sendable, Equatable {
  /// Rows that were read.
  package var rows = 0
  /// Rows that became examples.
  package var examples = 0
  /// Rows left out because they are longer than the limit.
  package var droppedOverlong = 0
  /// Rows cut at the limit, and the labels that were lost with what was cut off.
  package var truncated = 0
  package var truncatedTargets = 0
  /// Rows left out because no label stands before the limit: the prompt alone fills it.
  package var droppedLongPrompts = 0
  /// All tokens and those with a label, of the examples.
  package var tokens = 0
  package var supervisedTokens = 0
  /// Bytes that the labels spell.
  package var targetBytes = 0
  /// Tokens of the longest example.
  package var longest = 0
  /// Examples among whose labels is a token that ends a turn or a text: where this is 0, a model
  /// never learns to stop.
  package var examplesThatStop = 0
  /// Rows whose own text spells a control token; it stays ordinary text.
  package var rowsWithSpecialText = 0
  /// Rows of each format.
  package var formats: [Row.Format: Int] = [:]
  /// Keys that nothing reads, with the number of rows that have them.
  package var ignoredKeys: [String: Int] = [:]

  package init() {}

  /// The account as it stands in reports.
  package var json: JSON {
    var formats = JSONObject()
    for format in Row.Format.allCases {
      if let count = self.formats[format] { formats[format.rawValue] = JSON(count) }
    }
    var ignored = JSONObject()
    for (key, count) in ignoredKeys.sorted(by: { $0.key < $1.key }) { ignored[key] = JSON(count) }
    return [
      "rows": JSON(rows), "examples": JSON(examples), "dropped_overlong": JSON(droppedOverlong),
      "dropped_long_prompts": JSON(droppedLongPrompts), "truncated": JSON(truncated),
      "truncated_targets": JSON(truncatedTargets), "tokens": JSON(tokens),
      "supervised_tokens": JSON(supervisedTokens), "target_bytes": JSON(targetBytes),
      "longest": JSON(longest), "examples_that_stop": JSON(examplesThatStop),
      "rows_with_special_text": JSON(rowsWithSpecialText), "formats": JSON(formats),
      "ignored_keys": JSON(ignored),
    ]
  }
}
