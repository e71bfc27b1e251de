import SafeIO
public import Tokenization

/// Turns rows into token ids with labels, and keeps account of what became of them.
///
/// Labels are set by position, never by token id: in some models the token that pads is the token
/// that ends a turn, and masking by id would teach such a model never to stop.
public struct ExampleBuilder: Sendable {
  /// What happens to rows that are longer than the limit.
  public enum Overlong: String, Sendable, CaseIterable {
    /// Left out and counted, cut at the limit, or refused.
    case drop, truncate, error
  }

  /// nil reads tokenised rows only.
  public let tokenizer: Tokenizer?
  /// What ids from files must lie below.
  public let vocabularySize: Int
  /// The most tokens of an example.
  public let maxLength: Int
  /// What happens to longer rows.
  public let overlong: Overlong
  /// Whether prompt and completion are concatenated as they are, instead of becoming a user's and
  /// an assistant's message.
  public let rawCompletions: Bool
  /// Whether examples carry the prompt alone, which evaluation needs and training does not.
  public let keepsPrompts: Bool
  /// What became of the rows so far.
  public private(set) var account = DataAccount()
  private let specialText: SpecialTextFinder

  /// A builder whose account is empty.
  ///
  /// - Parameters:
  ///   - tokenizer: nil reads pre-tokenised rows only.
  ///   - vocabularySize: The model's rows of embeddings; ids from files must lie below it.
  ///   - maxLength: The most tokens of an example, at least 2.
  ///   - overlong: What happens to longer ones.
  ///   - rawCompletions: Concatenates prompt and completion instead of rendering the template.
  ///   - keepsPrompts: Fills `promptIDs` and `answer`.
  public init(
    tokenizer: Tokenizer?, vocabularySize: Int? = nil, maxLength: Int,
    overlong: Overlong = .drop, rawCompletions: Bool = false, keepsPrompts: Bool = false
  ) {
    self.tokenizer = tokenizer
    self.vocabularySize = vocabularySize ?? tokenizer?.vocabularySize ?? Int(Int32.max)
    self.maxLength = max(2, maxLength)
    self.overlong = overlong
    self.rawCompletions = rawCompletions
    self.keepsPrompts = keepsPrompts
    specialText = SpecialTextFinder(tokenizer: tokenizer)
  }

  /// The examples of a file's rows.
  ///
  /// - Throws: `DatasetError`, after all rows were looked at.
  public mutating func examples(from rows: [LoadedRow]) throws(DatasetError) -> [Example] {
    var examples: [Example] = []
    var problems = ProblemList()
    for row in rows {
      do throws(RowProblem) {
        if let example = try example(from: row) { examples.append(example) }
      } catch {
        problems.add(error)
      }
    }
    try problems.throwIfAny()
    guard let first = rows.first else { return [] }
    guard !examples.isEmpty else {
      throw .nothingLeft(
        path: first.path, rows: rows.count, dropped: rows.count, maxLength: maxLength)
    }
    return examples
  }

  /// The example of one row, or nil for a row that is left out and counted.
  package mutating func example(from loaded: LoadedRow) throws(RowProblem) -> Example? {
    account.rows += 1
    account.formats[loaded.row.format, default: 0] += 1
    for key in loaded.ignoredKeys { account.ignoredKeys[key, default: 0] += 1 }
    if specialText.occurs(in: loaded.row) { account.rowsWithSpecialText += 1 }
    guard let example = try limited(try encoded(loaded), loaded) else { return nil }
    count(example)
    return example
  }

  private func encoded(_ loaded: LoadedRow) throws(RowProblem) -> Example {
    switch loaded.row {
    case .text(let text): try document(text, loaded)
    case .promptCompletion(let prompt, let completion):
      rawCompletions
        ? try concatenation(prompt, completion, loaded)
        : try conversation(
          [
            ChatMessage(role: "user", content: prompt),
            ChatMessage(role: "assistant", content: completion),
          ], trained: [false, true], loaded)
    case .messages(let messages, let trained): try conversation(messages, trained: trained, loaded)
    case .tokens(let ids, let labels): try preTokenised(ids, labels, loaded)
    }
  }

  /// Applies the policy for long rows.
  private mutating func limited(
    _ example: Example, _ loaded: LoadedRow
  ) throws(RowProblem) -> Example? {
    guard example.ids.count > maxLength else { return example }
    switch overlong {
    case .error:
      throw loaded.problem(.overlong(tokens: example.ids.count, limit: maxLength))
    case .drop:
      account.droppedOverlong += 1
      return nil
    case .truncate:
      var cut = example
      cut.ids.removeLast(example.ids.count - maxLength)
      cut.labels.removeLast(example.labels.count - maxLength)
      guard cut.supervisedCount > 0 else {
        account.droppedLongPrompts += 1
        return nil
      }
      account.truncated += 1
      account.truncatedTargets += example.supervisedCount - cut.supervisedCount
      cut.targetBytes = targetBytes(cut.labels)
      return cut
    }
  }

  private mutating func count(_ example: Example) {
    account.examples += 1
    account.tokens += example.ids.count
    account.supervisedTokens += example.supervisedCount
    account.targetBytes += example.targetBytes
    account.longest = max(account.longest, example.ids.count)
    if let tokenizer, example.labels.contains(where: { $0 >= 0 && tokenizer.isSpecial(Int($0)) }) {
      account.examplesThatStop += 1
    }
  }

  /// Bytes that the labels spell.
  ///
  /// Control tokens spell none; nor do ids beyond the tokenizer.
  func targetBytes(_ labels: [Int32]) -> Int {
    guard let tokenizer else { return 0 }
    let ordinary = labels.lazy.map { Int($0) }
      .filter { $0 >= 0 && $0 < tokenizer.vocabularySize && !tokenizer.isSpecial($0) }
    return tokenizer.decodeBytes(Array(ordinary)).count
  }
}

extension LoadedRow {
  func problem(_ kind: RowProblem.Kind) -> RowProblem {
    RowProblem(path: path, line: line, kind)
  }
}
