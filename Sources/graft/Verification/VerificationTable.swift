import Foundation
import SafeIO
import Verification

/// What `graft verify` tells people: one line a check, and what was tried.
struct VerificationTable {
  private let results: [VerificationResult]
  private let file: String
  private let rows: Int

  init(_ results: [VerificationResult], file: String, rows: Int) {
    (self.results, self.file, self.rows) = (results, file, rows)
  }

  var lines: [String] {
    var lines = ["\(rows) short rows of \(file.escapedForMessage(limit: 60))", ""]
    var table = TextTable([
      "check", "", .number("error"), .number("limit"), "verdict", .number("time"),
    ])
    for result in results {
      table.add([
        result.check.rawValue, result.check.title, number(result.error), number(result.limit),
        text(result.verdict), Quantity.duration(result.seconds),
      ])
    }
    lines += table.lines()
    lines.append("")
    for result in results {
      lines.append("  \(result.check.rawValue): \(result.check.measure); \(result.note)")
    }
    let proven = results.count { $0.verdict == .proven }
    let empty = results.count { $0.verdict == .empty }
    let seconds = results.reduce(0) { $0 + $1.seconds }
    lines.append("")
    lines.append(
      "\(proven) of \(results.count) proven in \(Quantity.duration(seconds))"
        + (empty > 0 ? "; \(empty) had nothing that could have failed" : ""))
    return lines
  }

  private func number(_ value: Double) -> String {
    if value == 0 { return "0" }
    return value.isFinite ? String(format: "%.2g", value) : "not a number"
  }

  private func text(_ verdict: VerificationResult.Verdict) -> String {
    switch verdict {
    case .proven: "proven"
    case .failed: "FAILED"
    case .empty: "nothing to prove"
    }
  }
}
