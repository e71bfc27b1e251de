import Datasets
import SafeIO
import Tokenization

/// What a vocabulary holds, and what a text uses of it.
struct VocabularyReport {
  private static let shownTokens = 12

  private let tokenizer: Tokenizer

  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// The ordinary tokens with the most bytes, of equally long ones those with the smaller ids.
  var longest: Report {
    let tokens = (0..<tokenizer.vocabularySize)
      .filter { tokenizer.token(for: $0) != nil && !tokenizer.isSpecial($0) }
      .map { (id: $0, bytes: tokenizer.decodeBytes([$0]).count) }
      .sorted { ($1.bytes, $0.id) < ($0.bytes, $1.id) }
      .prefix(Self.shownTokens)
    var report = Report()
    var table = TextTable([.number("id"), .number("bytes"), "text"])
    for (id, bytes) in tokens { table.add(["\(id)", "\(bytes)", quoted(id)]) }
    report.show(table)
    report.set(
      "longest_tokens",
      JSON(tokens.map { ["id": JSON($0.id), "bytes": JSON($0.bytes), "text": JSON(text($0.id))] }))
    return report
  }

  /// Compression, fertility, and the tokens that the text does without.
  func text(_ usage: TokenizerUsage, _ account: TextAccount) -> Report {
    var report = Report()
    report.set("account", account.json)
    report.say(
      "text",
      "\(Quantity.count(usage.bytes)) bytes, \(Quantity.count(usage.words)) words, "
        + "\(Quantity.count(account.documents)) documents", "bytes", JSON(usage.bytes))
    report.set("words", JSON(usage.words))
    report.say("tokens", Quantity.count(usage.tokens), "tokens", JSON(usage.tokens))
    let compression = Double(usage.bytes) / Double(max(1, usage.tokens))
    report.say(
      "compression", "\(Quantity.fixed(compression, digits: 3)) bytes a token",
      "bytes_per_token", JSON(compression))
    let fertility = Double(usage.tokens) / Double(max(1, usage.words))
    report.say(
      "fertility", "\(Quantity.fixed(fertility, digits: 3)) tokens a word",
      "tokens_per_word", JSON(fertility))

    let learnt = usage.learntTokens
    let unused = learnt.filter { usage.counts[$0] == 0 }
    let share = Double(unused.count) / Double(max(1, learnt.count))
    report.say(
      "never used",
      "\(Quantity.count(unused.count)) of \(Quantity.count(learnt.count)) learnt tokens "
        + "(\(Quantity.fixed(100 * share, digits: 1)) %)"
        + (unused.isEmpty
          ? "" : ": " + unused.prefix(Self.shownTokens).map(quoted).joined(separator: ", ")))
    report.set("learnt_tokens", JSON(learnt.count))
    report.set("unused_tokens", JSON(unused.count))
    report.set(
      "unused_examples",
      JSON(unused.prefix(Self.shownTokens).map { ["id": JSON($0), "text": JSON(text($0))] }))
    if account.invalidBytes > 0 {
      report.warn("\(Quantity.count(account.invalidBytes)) bytes are not UTF-8; they were encoded")
    }
    if account.rowsWithoutText > 0 {
      report.warn(
        "\(Quantity.count(account.rowsWithoutText)) of \(Quantity.count(account.rows)) rows have "
          + "no text")
    }
    return report
  }

  private func text(_ id: Int) -> String { tokenizer.decode([id]) }

  private func quoted(_ id: Int) -> String { "'\(text(id).escapedForMessage(limit: 60))'" }
}
