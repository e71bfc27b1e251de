import Datasets
import Foundation
import SafeIO

/// A row with its mask, for people: in colour on a terminal, with brackets elsewhere.
struct MaskText {
  let usesColour: Bool

  /// Colour where stdout is a terminal that knows it, unless `NO_COLOR` is set.
  static var forStandardOutput: MaskText {
    let environment = ProcessInfo.processInfo.environment
    let isWanted = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    return MaskText(usesColour: isWanted && isatty(STDOUT_FILENO) == 1)
  }

  /// What the marks mean.
  var legend: String {
    usesColour
      ? [TokenKind.supervised, .prompt, .template, .truncated, .dropped]
        .map { marked($0.rawValue, $0) }.joined(separator: " ")
      : "⟦supervised⟧ prompt ‹template› ⟪truncated or dropped⟫"
  }

  func text(_ row: MaskedRow) -> String {
    row.pieces.map { marked(Self.printable($0.text), $0.kind) }.joined()
  }

  private func marked(_ text: String, _ kind: TokenKind) -> String {
    guard usesColour else {
      switch kind {
      case .supervised: return "⟦\(text)⟧"
      case .prompt: return text
      case .template: return "‹\(text)›"
      case .truncated, .dropped: return "⟪\(text)⟫"
      }
    }
    let code =
      switch kind {
      case .supervised: "30;42"
      case .prompt: "0"
      case .template: "2;36"
      case .truncated, .dropped: "9;31"
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  /// Text from a file without anything that a terminal would obey.
  private static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" {
        result.unicodeScalars.append(scalar)
      } else {
        result += String(scalar).escapedForMessage()
      }
    }
    return result
  }
}
