import Foundation
import SafeIO

/// The terms that `--terms` names.
struct TermList {
  let terms: [String]

  private static let largestFile = 16 << 20

  /// - Parameter argument: A file with a term a line, or terms with commas between them.
  /// - Throws: `TokenizerInputError.noTerms`, or what reading a file throws.
  init(_ argument: String) throws {
    let parts: [Substring]
    if FileManager.default.fileExists(atPath: argument) {
      let bytes = try InputFile.contents(of: argument, maxBytes: Self.largestFile)
      parts = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    } else {
      parts = argument.split(separator: ",")
    }
    terms = parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    if terms.isEmpty { throw TokenizerInputError.noTerms(argument) }
  }
}
