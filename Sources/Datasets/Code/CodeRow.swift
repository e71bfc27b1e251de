package import SafeIO

/// A row made of source code: a prompt, and how the file goes on.
package struct CodeRow: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// A beginning, and the rest of the function or paragraph.
    case completion
    /// A description and a header, and the body.
    case description
  }

  package var kind: Kind
  package var path: String
  /// 1-based line at which the completion begins.
  package var line: Int
  package var prompt: String
  package var completion: String

  package var json: JSON {
    [
      "id": JSON("\(path):\(line):\(kind.rawValue)"), "prompt": JSON(prompt),
      "completion": JSON(completion),
    ]
  }

  private static let contextLines = 30
  private static let mostPromptBytes = 4000
  private static let mostCompletionBytes = 2000
  private static let mostCompletionLines = 30

  /// The rows of a file.
  ///
  /// - Parameters:
  ///   - lines: The file's lines.
  ///   - offset: How many lines of the file go before them.
  ///   - path: Where the file stands in its tree; with the seed it decides where functions are cut.
  ///   - language: Its language.
  ///   - seed: Of the cuts.
  /// - Returns: The rows in the order of the file.
  static func rows(
    of lines: [Substring], offset: Int, path: String, _ language: CodeLanguage, seed: UInt64
  ) -> [CodeRow] {
    var generator = SplitMix64(seed: seed, stream: StableHash.of(path))
    return CodeUnit.units(of: lines, language).flatMap { unit in
      [
        description(unit, lines, offset, path),
        completion(unit, lines, offset, path, &generator),
      ].compactMap(\.self)
    }
  }

  private static func description(
    _ unit: CodeUnit, _ lines: [Substring], _ offset: Int, _ path: String
  ) -> CodeRow? {
    guard unit.isDescribed else { return nil }
    return row(.description, lines, unit.start..<unit.bodyStart, unit.end, offset, path)
  }

  /// The function up to a line that is drawn, with the lines before it.
  private static func completion(
    _ unit: CodeUnit, _ lines: [Substring], _ offset: Int, _ path: String,
    _ generator: inout SplitMix64
  ) -> CodeRow? {
    let earliest = max(unit.bodyStart, unit.end - mostCompletionLines)
    guard unit.end - earliest >= 2 else { return nil }
    // The last line alone is often only a brace.
    let choices = unit.end - earliest - 1
    let cut = earliest + Int(generator.next(below: UInt64(choices)))
    let start = max(0, min(unit.start, cut - 1) - contextLines)
    return row(.completion, lines, start..<cut, unit.end, offset, path)
  }

  private static func row(
    _ kind: Kind, _ lines: [Substring], _ prompt: Range<Int>, _ end: Int, _ offset: Int,
    _ path: String
  ) -> CodeRow? {
    func text(_ range: Range<Int>) -> String {
      lines[range].map { $0 + "\n" }.joined()
    }
    var start = prompt.lowerBound
    while start < prompt.upperBound - 1,
      text(start..<prompt.upperBound).utf8.count > mostPromptBytes
    {
      guard kind == .completion else { return nil }
      start += 1
    }
    let completion = text(prompt.upperBound..<end)
    let letters = completion.count { $0.isLetter || $0.isNumber }
    let trivial = ["pass", "...", "fatalError()", "raise NotImplementedError"]
    let content = completion.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard letters >= 4, completion.utf8.count <= mostCompletionBytes, !trivial.contains(content),
      prompt.upperBound > start
    else { return nil }
    return CodeRow(
      kind: kind, path: path, line: offset + prompt.upperBound + 1,
      prompt: text(start..<prompt.upperBound), completion: completion)
  }
}
