import ArgumentParser
import Evaluation
import Foundation
import SafeIO

extension Figure.Metric {
  /// The metrics that `--metrics` names.
  ///
  /// - Throws: `ValidationError` for a name that is unknown.
  static func list(_ text: String) throws -> [Figure.Metric] {
    let known = allCases.map(\.rawValue)
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let name = part.trimmingCharacters(in: .whitespaces)
      if let metric = Figure.Metric(rawValue: name) { return metric }
      let meant = NearestName.of(name, among: known).map { "; did you mean '\($0)'?" } ?? "."
      throw ValidationError(
        "--metrics: no metric is named '\(name)', known are \(known.joined(separator: ", "))\(meant)"
      )
    }
  }
}

extension AnswerPattern {
  /// What `--pattern` does.
  static let help: ArgumentHelp = """
    A regular expression that a valid answer matches as a whole; of named groups, (?<name>…), the text \
    is compared with the reference's.
    """
}
