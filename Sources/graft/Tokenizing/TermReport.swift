import SafeIO
import Tokenization

/// How many tokens a domain's terms take.
struct TermReport {
  private static let shownTerms = 12

  private let tokenizer: Tokenizer
  /// Each term with its ids, as it stands after a space.
  private let encodings: [(term: String, ids: [Int])]

  init(_ tokenizer: Tokenizer, _ terms: [String]) {
    self.tokenizer = tokenizer
    encodings = terms.map { ($0, tokenizer.encode(" " + $0)) }
  }

  var report: Report {
    var report = Report()
    let tokens = encodings.reduce(0) { $0 + $1.ids.count }
    let single = encodings.count { $0.ids.count == 1 }
    let mean = Double(tokens) / Double(encodings.count)
    report.say("terms", Quantity.count(encodings.count), "count", JSON(encodings.count))
    report.say(
      "tokens a term", Quantity.fixed(mean, digits: 2), "tokens_per_term", JSON(mean))
    let share = Double(single) / Double(encodings.count)
    report.say(
      "single tokens", "\(Quantity.count(single)) (\(Quantity.fixed(100 * share, digits: 1)) %)",
      "single_token_share", JSON(share))
    report.set("single_token_terms", JSON(single))
    report.set(
      "list",
      JSON(
        encodings.map {
          ["term": JSON($0.term), "ids": JSON($0.ids), "tokens": JSON($0.ids.count)]
        }))

    // Of equally long ones, those that were given first.
    let longest = encodings.enumerated()
      .sorted { ($1.element.ids.count, $0.offset) < ($0.element.ids.count, $1.offset) }
      .prefix(Self.shownTerms).map(\.element)
    var table = TextTable(["most tokens", .number("tokens"), "pieces"])
    for (term, ids) in longest {
      let pieces = ids.map { tokenizer.decode([$0]) }.joined(separator: "|")
      table.add([term, "\(ids.count)", pieces])
    }
    report.show(table)
    return report
  }
}
