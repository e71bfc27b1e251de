import Evaluation
import Foundation
import SafeIO

/// What `graft evaluate` tells people: one line a figure, base and adapter side by side.
struct EvaluationTable {
  private let comparison: Comparison
  private let file: String
  private let rows: Int

  init(_ comparison: Comparison, file: String, rows: Int) {
    (self.comparison, self.file, self.rows) = (comparison, file, rows)
  }

  private var systems: [(name: String, outcome: Evaluator.Outcome, scores: Scores)] {
    [
      ("base", comparison.base, comparison.baseScores),
      ("adapter", comparison.adapter, comparison.adapterScores),
    ].compactMap { name, outcome, scores in
      guard let outcome, let scores else { return nil }
      return (name, outcome, scores)
    }
  }

  var lines: [String] {
    var result = ["\(Quantity.count(rows)) rows of \(file.escapedForMessage(limit: 60))", ""]
    var table = TextTable(
      ["figure"] + systems.map { .number($0.name) }
        + (comparison.difference == nil ? [] : [.number("adapter − base")]))
    for figure in comparison.figures {
      let columns =
        systems.map { $0.scores[figure] } + [comparison.difference?[figure]].compactMap { $0 }
      guard columns.contains(where: { $0 != nil }) else { continue }
      var cells = [name(figure)]
      for (index, entry) in columns.enumerated() {
        cells.append(entry.map { text($0, isDifference: index == systems.count) } ?? "–")
      }
      table.add(cells)
    }
    result += table.lines()
    result.append("")
    for (name, outcome, _) in systems { result += summary(name, outcome) }
    result.append("[ ] are intervals of 95 %, by bootstrap over rows")
    return result
  }

  private func name(_ figure: Figure) -> String { Self.name(figure) }

  /// What people call a figure.
  static func name(_ figure: Figure) -> String {
    switch figure {
    case .loss: "loss, nats per token"
    case .perplexity: "perplexity"
    case .bitsPerByte: "bits per byte"
    case .metric(.exactMatch): "exact match, %"
    case .metric(.firstLine): "first line exact, %"
    case .metric(.validJSON): "valid JSON, %"
    case .metric(.exactJSON): "exact JSON object, %"
    case .metric(.fieldF1): "field F1, %"
    case .metric(.fieldAccuracy): "field accuracy, %"
    case .metric(.rougeL): "ROUGE-L, %"
    case .field(let name): "\(name.escapedForMessage(limit: 24)), %"
    case .patternMatch: "matches the pattern, %"
    case .group(let name): "\(name.escapedForMessage(limit: 24)) equal, %"
    case .groupRougeL(let name): "\(name.escapedForMessage(limit: 24)) ROUGE-L, %"
    }
  }

  private func text(_ entry: Scores.Entry, isDifference: Bool) -> String {
    Self.text(entry, isDifference: isDifference)
  }

  /// A figure and its interval.
  static func text(_ entry: Scores.Entry, isDifference: Bool) -> String {
    let isShare = !entry.figure.isOfLoss
    func number(_ value: Double) -> String {
      let text =
        isShare ? Quantity.fixed(100 * value, digits: 1) : String(format: "%.4g", value)
      return isDifference && value > 0 ? "+" + text : text
    }
    let interval = entry.interval
    return "\(number(interval.estimate)) [\(number(interval.lower)), \(number(interval.upper))]"
  }

  private func summary(_ name: String, _ outcome: Evaluator.Outcome) -> [String] {
    let losses = outcome.rows.compactMap(\.loss)
    let answers = outcome.rows.count { $0.prediction != nil }
    let tokens = losses.reduce(0) { $0 + $1.tokens }
    var lines: [String] = []
    if !losses.isEmpty {
      lines.append(
        "\(name): loss of \(Quantity.count(losses.count)) rows, "
          + "\(Quantity.count(tokens)) tokens, \(Quantity.duration(outcome.lossSeconds))")
    }
    if answers > 0 {
      let rate = Double(outcome.generatedTokens) / max(outcome.answerSeconds, 1e-9)
      lines.append(
        "\(name): \(Quantity.count(answers)) answers, "
          + "\(Quantity.count(outcome.generatedTokens)) tokens, "
          + "\(Quantity.duration(outcome.answerSeconds)), \(Quantity.rate(rate, of: "tokens"))"
          + (outcome.cutAnswers > 0 ? "; \(outcome.cutAnswers) cut by --max-tokens" : ""))
    }
    if outcome.isStopped { lines.append("\(name): stopped before the end") }
    return lines
  }
}
