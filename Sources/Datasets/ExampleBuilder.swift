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
  public internal(set) var account = DataAccount()
  let specialText: SpecialTextFinder
  let template: TemplateReading

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
    template = TemplateReading(tokenizer?.chatTemplate)
    account.rawCompletions = rawCompletions
  }

  /// The examples of a file's rows.
  ///
  /// - Throws: `DatasetError`, after all rows were looked at.
  public mutating func examples(from rows: [LoadedRow]) throws(DatasetError) -> [Example] {
    try examples(from: rows, for: .answers)
  }

  /// The examples of a file's rows; for `.anything`, those of both sides of preference rows too.
  ///
  /// - Throws: `DatasetError`, after all rows were looked at.
  package mutating func examples(
    from rows: [LoadedRow], for purpose: RowPurpose
  ) throws(DatasetError) -> [Example] {
    var examples: [Example] = []
    var problems = ProblemList()
    for row in rows {
      do throws(RowProblem) {
        try requireUse(of: row, for: purpose)
        examples += try tokenised(row).compactMap(\.example)
      } catch {
        problems.add(error)
      }
    }
    try problems.throwIfAny()
    try account.verify()
    guard let first = rows.first else { return [] }
    guard !examples.isEmpty else {
      throw .nothingLeft(
        path: first.path, rows: rows.count, dropped: rows.count, maxLength: maxLength)
    }
    return examples
  }

  /// The example of one row, or nil for a row that is left out and counted.
  package mutating func example(from loaded: LoadedRow) throws(RowProblem) -> Example? {
    try requireUse(of: loaded, for: .answers)
    return try tokenised(loaded).first?.example
  }

  /// The two examples of a preference row, or nil for a row that is left out and counted.
  package mutating func pair(from loaded: LoadedRow) throws(RowProblem) -> PreferencePair? {
    PreferencePair(try tokenised(loaded))
  }

  /// The sides of a row (two of a preference, otherwise one) with what became of their tokens.
  ///
  /// All are left out together. This is the only place that the account is written.
  package mutating func tokenised(_ loaded: LoadedRow) throws(RowProblem) -> [TokenisedRow] {
    account.rows += 1
    account.formats[loaded.format, default: 0] += 1
    for key in loaded.ignoredKeys { account.ignoredKeys[key, default: 0] += 1 }
    if let first = loaded.row.sides.first { countUnread(first) }
    if specialText.firstSpelling(in: loaded.row) != nil { account.rowsWithSpecialText += 1 }
    var sides: [TokenisedRow] = []
    do throws(RowProblem) {
      for side in loaded.row.sides { sides.append(TokenisedRow(try encoded(side, loaded))) }
    } catch {
      account.refused += 1
      throw error
    }
    let tokens = sides.reduce(0) { $0 + $1.ids.count }
    account.totalTokens += tokens
    let longest = sides.map(\.ids.count).max() ?? 0
    if longest > maxLength { try limit(&sides, loaded, longest: longest) }
    for side in sides { account.add(side) }
    account.examples += sides.contains { $0.example == nil } ? 0 : 1
    account.examplesThatStop += sides.allSatisfy(stops) ? 1 : 0
    return sides
  }

  /// Counts lines that are no rows.
  mutating func refuseUnread(_ lines: Int) {
    account.rows += lines
    account.refused += lines
    account.unreadable += lines
  }

  private func encoded(_ row: Row, _ loaded: LoadedRow) throws(RowProblem) -> EncodedRow {
    switch row {
    case .text(let text): try document(text, loaded)
    case .promptCompletion(let prompt, let completion):
      rawCompletions
        ? try concatenation(prompt, completion, loaded)
        : try conversation(
          [
            ChatMessage(role: "user", content: prompt),
            ChatMessage(role: "assistant", content: completion),
          ], trained: [false, true], TemplateInputs(), loaded)
    case .messages(let messages, let trained, let inputs):
      try conversation(messages, trained: trained, inputs, loaded)
    case .tokens(let ids, let labels): try preTokenised(ids, labels, loaded)
    case .preference(let chosen, _): try encoded(chosen, loaded)
    case .unpaired(let row, _): try encoded(row, loaded)
    }
  }

  /// Whether a token that ends a turn or a text is learnt.
  private func stops(_ side: TokenisedRow) -> Bool {
    guard let tokenizer, let example = side.example else { return false }
    return example.labels.contains { $0 >= 0 && tokenizer.isSpecial(Int($0)) }
  }

  /// Applies the policy for long rows.
  private mutating func limit(
    _ sides: inout [TokenisedRow], _ loaded: LoadedRow, longest: Int
  ) throws(RowProblem) {
    func dropAll() { for index in sides.indices { sides[index].drop() } }
    switch overlong {
    case .error:
      account.refused += 1
      account.droppedTokens += sides.reduce(0) { $0 + $1.ids.count }
      throw loaded.problem(.overlong(tokens: longest, limit: maxLength))
    case .drop:
      account.droppedOverlong += 1
      dropAll()
    case .truncate:
      let before = sides.reduce(0) { $0 + ($1.example?.supervisedCount ?? 0) }
      for index in sides.indices { cut(&sides[index]) }
      guard sides.allSatisfy({ $0.example != nil }) else {
        account.droppedLongPrompts += 1
        return dropAll()
      }
      let lost = before - sides.reduce(0) { $0 + ($1.example?.supervisedCount ?? 0) }
      account.truncated += 1
      account.truncatedTargets += lost
      account.rowsLosingTargets += lost > 0 ? 1 : 0
    }
  }

  /// Cuts a side at the limit; one that keeps nothing to learn loses its example.
  private func cut(_ side: inout TokenisedRow) {
    guard var example = side.example, example.ids.count > maxLength else { return }
    example.ids.removeLast(example.ids.count - maxLength)
    example.labels.removeLast(example.labels.count - maxLength)
    for place in maxLength..<side.kinds.count { side.kinds[place] = .truncated }
    example.targetBytes = targetBytes(example.labels)
    side.example = example.supervisedCount > 0 ? example : nil
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

  /// Counts what a conversation has for the template and the template does not read.
  private mutating func countUnread(_ row: Row) {
    guard case .messages(let messages, _, let inputs) = row else { return }
    for name in inputs.variables.keys where !template.readsVariable(name) {
      account.ignoredKeys["chat_template_kwargs.\(name)", default: 0] += 1
    }
    for key in ["name", "tool_call_id"]
    where !template.readsMember(key) && messages.contains(where: { $0.extra[key] != nil }) {
      account.ignoredKeys["messages.\(key)", default: 0] += 1
    }
  }
}

extension LoadedRow {
  func problem(_ kind: RowProblem.Kind) -> RowProblem {
    RowProblem(path: path, line: line, kind)
  }
}
