import ArgumentParser
import Evaluation
import Logging
import SafeIO

/// `graft compare`: two files of answers to the same rows, paired.
struct Compare: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares two systems' answers to the same rows, with intervals of the difference.",
    discussion: """
      FIRST and SECOND are files that 'graft evaluate --predictions' wrote, or others
      of that kind: one JSON object a line with line or id, reference, and the answer
      under adapter, base or answer. Differences are SECOND less FIRST, and their
      intervals of 95 % are paired: by bootstrap over rows.

      Examples:
        graft evaluate --model smollm2 --adapter runs/a/adapter --data test.jsonl \\
          --predictions a.jsonl
        graft compare a.jsonl b.jsonl
        graft compare a.jsonl a.jsonl --first base
        graft compare a.jsonl b.jsonl \\
          --pattern 'SECTION: (?<section>\\w+)\\nNOTE: (?<note>.+)'
      """)

  @Argument(help: "Answers.", completion: .file())
  var first: String

  @Argument(help: "Answers that are compared with them.", completion: .file())
  var second: String

  @Option(
    name: .customLong("first"),
    help: "The key of FIRST's answers (default: adapter, base or answer).")
  var firstSystem: String?

  @Option(
    name: .customLong("second"),
    help: "The key of SECOND's answers (default: adapter, base or answer).")
  var secondSystem: String?

  @Option(
    help: ArgumentHelp(
      """
      What answers are measured by, separated by commas: \
      \(Figure.Metric.allCases.map(\.rawValue).joined(separator: ", ")) (default: those that \
      suit the references).
      """, valueName: "names"))
  var metrics: String?

  @Option(help: AnswerPattern.help)
  var pattern: String?

  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  func validate() throws { _ = try metrics.map(Figure.Metric.list) }

  func run() throws {
    let pattern = try pattern.map { try AnswerPattern($0) }
    let a = try AnswerFile(path: first, system: firstSystem)
    let b = try AnswerFile(path: second, system: secondSystem)
    let comparison = try AnswerComparison(
      (first, a), (second, b), metrics: metrics.map(Figure.Metric.list), pattern: pattern)
    if reporting.json {
      var json = JSONObject()
      json["first"] = ["path": JSON(first), "system": JSON(a.system)]
      json["second"] = ["path": JSON(second), "system": JSON(b.system)]
      json["rows"] = JSON(comparison.rowCount)
      json["first_figures"] = JSON(comparison.first.json)
      json["second_figures"] = JSON(comparison.second.json)
      json["difference"] = JSON(comparison.difference.json)
      return try JSONOutput.write(JSON(json))
    }
    let names = [(first, a.system), (second, b.system)].map {
      "\($0.0.escapedForMessage(limit: 200)) (\($0.1.escapedForMessage(limit: 40)))"
    }
    try StandardOutput.line(
      "\(Quantity.count(comparison.rowCount)) rows; first: \(names[0]), second: \(names[1])\n")
    var table = TextTable([
      "figure", .number("first"), .number("second"), .number("second − first"),
    ])
    for figure in comparison.figures {
      guard let one = comparison.first[figure], let other = comparison.second[figure],
        let difference = comparison.difference[figure]
      else { continue }
      table.add([
        EvaluationTable.name(figure), EvaluationTable.text(one, isDifference: false),
        EvaluationTable.text(other, isDifference: false),
        EvaluationTable.text(difference, isDifference: true),
      ])
    }
    for line in table.lines() { try StandardOutput.line(line) }
    try StandardOutput.line(
      "\n[ ] are intervals of 95 %, by bootstrap over rows; those of the difference are paired")
  }
}
