package import SafeIO

/// What became of every row and of every token: nothing that is dropped or cut goes uncounted.
///
/// The columns add up: `totalTokens` are supervised, prompt, template, padding, truncated or dropped,
/// and `rows` became examples, were left out or refused. `verify` refuses an account that does not.
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
  /// Rows that lost labels by cutting.
  public var rowsLosingTargets = 0
  /// Rows left out because no label stands before the limit: the prompt alone fills it.
  public var droppedLongPrompts = 0
  /// Rows that cannot be used, among them `unreadable`.
  public var refused = 0
  /// Lines that are no rows.
  public var unreadable = 0
  /// Tokens of all rows that could be tokenised, before any was left out or cut.
  public var totalTokens = 0
  /// Tokens of the examples.
  public var tokens = 0
  /// Tokens that have a label.
  public var supervisedTokens = 0
  /// Tokens that are given: prompts, and answers that are left out of training.
  public var promptTokens = 0
  /// Tokens of the chat template's own text.
  public var templateTokens = 0
  /// Tokens that fill batches: none, since rows are packed, not padded.
  public var paddingTokens = 0
  /// Tokens cut off behind the limit.
  public var truncatedTokens = 0
  /// Tokens of rows that are left out.
  public var droppedTokens = 0
  /// Bytes that the labels spell.
  public var targetBytes = 0
  /// Tokens of the longest example.
  public var longest = 0
  /// Examples among whose labels is a token that ends a turn or a text, of a preference row in both
  /// answers: where this is 0, a model never learns to stop.
  public var examplesThatStop = 0
  /// Rows whose own text spells a control token; it stays ordinary text.
  public var rowsWithSpecialText = 0
  /// Whether prompt and completion were concatenated as they are, instead of going through the chat
  /// template.
  public var rawCompletions = false
  /// Rows of each format.
  public var formats: [Row.Format: Int] = [:]
  /// Keys that nothing reads, with the number of rows that have them.
  public var ignoredKeys: [String: Int] = [:]

  /// An account of nothing.
  public init() {}

  /// Throws unless every row and every token stands in exactly one column.
  ///
  /// - Throws: `DatasetError.receipt`.
  public func verify() throws(DatasetError) {
    let kept = supervisedTokens + promptTokens + templateTokens + paddingTokens
    let sums = [
      ("tokens", totalTokens, kept + truncatedTokens + droppedTokens),
      ("tokens of examples", tokens, kept - paddingTokens),
      ("rows", rows, examples + droppedOverlong + droppedLongPrompts + refused),
      ("rows by format", rows, formats.values.reduce(unreadable, +)),
    ]
    for (what, total, sum) in sums where total != sum {
      throw .receipt(column: what, total: total, sum: sum)
    }
  }

  /// Counts the tokens of one side of a row.
  mutating func add(_ side: TokenisedRow) {
    for kind in side.kinds {
      switch kind {
      case .supervised: supervisedTokens += 1
      case .prompt: promptTokens += 1
      case .template: templateTokens += 1
      case .truncated: truncatedTokens += 1
      case .dropped: droppedTokens += 1
      }
    }
    guard let example = side.example else { return }
    tokens += example.ids.count
    targetBytes += example.targetBytes
    longest = max(longest, example.ids.count)
  }

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
      "dropped_long_prompts": JSON(droppedLongPrompts), "refused": JSON(refused),
      "unreadable": JSON(unreadable),
      "truncated": JSON(truncated), "truncated_targets": JSON(truncatedTargets),
      "rows_losing_targets": JSON(rowsLosingTargets), "total_tokens": JSON(totalTokens),
      "tokens": JSON(tokens), "supervised_tokens": JSON(supervisedTokens),
      "prompt_tokens": JSON(promptTokens), "template_tokens": JSON(templateTokens),
      "padding_tokens": JSON(paddingTokens), "truncated_tokens": JSON(truncatedTokens),
      "dropped_tokens": JSON(droppedTokens), "target_bytes": JSON(targetBytes),
      "longest": JSON(longest), "examples_that_stop": JSON(examplesThatStop),
      "rows_with_special_text": JSON(rowsWithSpecialText), "formats": JSON(formats),
      "prompt_completion": JSON(rawCompletions ? "raw" : "chat_template"),
      "ignored_keys": JSON(ignored),
    ]
  }

  /// This account and another one together.
  package func adding(_ other: DataAccount) -> DataAccount {
    var sum = self
    for path in Self.counts { sum[keyPath: path] += other[keyPath: path] }
    sum.longest = max(longest, other.longest)
    sum.rawCompletions = rawCompletions || other.rawCompletions
    sum.formats.merge(other.formats, uniquingKeysWith: +)
    sum.ignoredKeys.merge(other.ignoredKeys, uniquingKeysWith: +)
    return sum
  }

  private static var counts: [WritableKeyPath<DataAccount, Int>] {
    [
      \.rows, \.examples, \.droppedOverlong, \.truncated, \.truncatedTargets, \.rowsLosingTargets,
      \.droppedLongPrompts, \.refused, \.unreadable, \.totalTokens, \.tokens, \.supervisedTokens,
      \.promptTokens,
      \.templateTokens, \.paddingTokens, \.truncatedTokens, \.droppedTokens, \.targetBytes,
      \.examplesThatStop, \.rowsWithSpecialText,
    ]
  }
}
