package import SafeIO

/// What became of every row: nothing that is dropped or cut goes uncounted.
public struct DataAccount: Sendable, Equatable {
  /// Rows that were read.
  public var rows = 0
  /// Rows that became examples.
  public var examples = 0
  /// Rows left out because they are longer than the limit.
  public var droppedOverlong = 0
  /// Rows cut at the limit.
  public var truncated = 0
  /// Labels that were lost by cutting.
  public var truncatedTargets = 0
  /// Rows left out because no label stands before the limit: the prompt alone fills it.
  public var droppedLongPrompts = 0
  /// Tokens of the examples.
  public var tokens = 0
  /// Tokens that have a label.
  public var supervisedTokens = 0
  /// Bytes that the labels spell.
  public var targetBytes = 0
  /// Tokens of the longest example.
  public var longest = 0
  /// Examples among whose labels is a token that ends a turn or a text: where this is 0, a model
  /// never learns to stop.
  public var examplesThatStop = 0
  /// Rows whose own text spells a control token; it stays ordinary text.
  public var rowsWithSpecialText = 0
  /// Rows of each format.
  public var formats: [Row.Format: Int] = [:]
  /// Keys that nothing reads, with the number of rows that have them.
  public var ignoredKeys: [String: Int] = [:]

  /// An account of nothing.
  public init() {}

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
