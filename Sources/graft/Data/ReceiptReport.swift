import Datasets
import SafeIO

/// What `graft data check` says to people.
struct ReceiptReport {
  let check: DataCheck
  let maxLength: Int
  let overlong: String

  var lines: [String] {
    receipt + rows + lengths + overlaps + notes
  }

  private var named: [(name: String, account: DataAccount)] {
    let splits = check.splits.map { ($0.name, $0.account) }
    return splits.count > 1 ? splits + [("all", check.account)] : splits
  }

  private var receipt: [String] {
    var table = TextTable([
      "", .number("total"), .number("supervised"), .number("prompt"), .number("template"),
      .number("padding"), .number("truncated"), .number("dropped"),
    ])
    for (name, account) in named {
      table.add(
        [name]
          + [
            account.totalTokens, account.supervisedTokens, account.promptTokens,
            account.templateTokens, account.paddingTokens, account.truncatedTokens,
            account.droppedTokens,
          ].map(Quantity.count))
    }
    return ["Loss receipt, in tokens (the columns add up to the total)"] + table.lines()
      + ["  Nothing is padded: rows of a batch stand one behind the other."]
  }

  private var rows: [String] {
    var table = TextTable([
      "", .number("rows"), .number("used"), .number("dropped"), .number("refused"), .number("cut"),
      .number("cut answers"), .number("repeated"), .number("learn to stop"),
    ])
    for split in check.splits {
      let account = split.account
      table.add(
        [split.name]
          + [
            account.rows, account.examples, account.droppedOverlong + account.droppedLongPrompts,
            account.refused, account.truncated, account.rowsLosingTargets, split.duplicates.count,
          ].map(Quantity.count) + [Self.stops(account)])
    }
    let limit = "\(Quantity.count(maxLength)) tokens"
    return ["", "Rows (longer than \(limit): \(overlong))"] + table.lines()
  }

  /// In how many rows the token that ends a turn is learnt.
  private static func stops(_ account: DataAccount) -> String {
    "\(Quantity.count(account.examplesThatStop)) of \(Quantity.count(account.examples))"
  }

  private var lengths: [String] {
    check.splits.filter { !$0.lengths.buckets.isEmpty }.flatMap { split in
      let most = split.lengths.buckets.map(\.count).max() ?? 1
      var table = TextTable([.number(""), "", .number("")])
      for bucket in split.lengths.buckets {
        table.add([
          "\(Quantity.count(bucket.lengths.lowerBound))–\(Quantity.count(bucket.lengths.upperBound))",
          Self.bar(bucket.count, of: most), Quantity.count(bucket.count),
        ])
      }
      let lengths = split.lengths
      return [
        "",
        "Length of \(split.name) rows, in tokens: median \(Quantity.count(lengths.median)), "
          + "95 % up to \(Quantity.count(lengths.percentile95)), "
          + "longest \(Quantity.count(lengths.longest))",
      ] + table.lines()
    }
  }

  /// A bar of at most 40 cells, drawn in eighths of one.
  static func bar(_ count: Int, of most: Int) -> String {
    let eighths = max(count > 0 ? 1 : 0, 320 * count / max(1, most))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }

  private var overlaps: [String] {
    guard !check.overlaps.isEmpty else { return [] }
    var result = ["", "Overlap"]
    for overlap in check.overlaps {
      result.append(
        "  \(overlap.split) rows that \(overlap.other) has too: "
          + "\(Quantity.count(overlap.exact.count)) exact, "
          + "\(Quantity.count(overlap.near.count)) near")
      result += overlap.exact.examples.map {
        "    \(place($0.first, overlap.other)) = \(place($0.second, overlap.split))"
      }
      result += overlap.near.examples.map {
        "    \(place($0.first, overlap.other)) ~ \(place($0.second, overlap.split)) "
          + "(\(Quantity.fixed(100 * $0.similarity, digits: 0)) % alike)"
      }
    }
    return result
  }

  private var notes: [String] {
    var result: [String] = []
    for split in check.splits {
      let name = split.name
      let account = split.account
      if !account.formats.isEmpty { result.append("\(name): \(Self.formats(account))") }
      let places = split.forgeries.map {
        "\(place($0.place, name)) '\($0.token.escapedForMessage())'"
      }
      if !places.isEmpty {
        result.append(
          "\(name): \(Quantity.count(account.rowsWithSpecialText)) rows spell a control token; it "
            + "stays text: \(places.joined(separator: ", "))")
      }
      if !split.losing.isEmpty {
        result.append(
          "\(name): \(Quantity.count(account.truncatedTargets)) answer tokens are cut off, in "
            + split.losing.map { place($0, name) }.joined(separator: ", ")
            + (account.rowsLosingTargets > split.losing.count ? " …" : ""))
      }
      if account.examples > 0, account.examplesThatStop == 0 {
        result.append("\(name): no row teaches a token that ends a turn")
      }
      let repeated = split.duplicates.examples.map {
        "\(place($0.second, name)) = \(place($0.first, name))"
      }
      if !repeated.isEmpty {
        result.append("\(name): repeated rows: \(repeated.joined(separator: ", "))")
      }
      for (key, count) in account.ignoredKeys.sorted(by: { $0.key < $1.key }) where key != "id" {
        result.append(
          "\(name): nothing reads the key '\(key.escapedForMessage())' "
            + "(\(Quantity.count(count)) rows)")
      }
    }
    return result.isEmpty ? [] : ["", "Notes"] + result.map { "  \($0)" }
  }

  /// A row by its split and line, or by its file where the split has several.
  private func place(_ row: RowPlace, _ name: String) -> String {
    let isOnly = check.splits.contains { $0.name == name && $0.path == row.path }
    return "\(isOnly ? name : row.path.escapedForMessage(limit: 400)):\(row.line)"
  }

  /// The formats of an account and how they are rendered.
  static func formats(_ account: DataAccount) -> String {
    Row.Format.allCases.compactMap { format in
      guard let count = account.formats[format] else { return nil }
      let isRaw = account.rawCompletions
      let way: String =
        switch format {
        case .text, .tokens: ""
        case .messages, .sharegpt: " through the chat template"
        case .alpaca: " (instruction and input as one user message) through the chat template"
        case .prompt, .unpaired, .preference:
          isRaw ? " (strings concatenated as they are)" : " through the chat template"
        }
      return "\(Quantity.count(count)) \(format.rawValue) rows\(way)"
    }.joined(separator: ", ")
  }
}
