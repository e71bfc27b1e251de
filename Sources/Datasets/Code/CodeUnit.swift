/// A stretch of lines that makes sense by itself: a function, or a paragraph of a script.
struct CodeUnit: Equatable {
  /// The first line, that of the description where it stands before.
  var start: Int
  /// The first line of what the unit does.
  var bodyStart: Int
  /// Behind the last line.
  var end: Int
  /// Whether a description goes before the body.
  var isDescribed: Bool

  private static let shortestDescription = 12
  static let mostLines = 300

  /// The units of a file, in order, none inside another.
  static func units(of lines: [Substring], _ language: CodeLanguage) -> [CodeUnit] {
    let functions: [CodeUnit] =
      switch language.blocks {
      case .indentation: IndentedFunctions.units(of: lines)
      case .braces: BracedFunctions(lines, language).units
      case .none: []
      }
    return functions.isEmpty ? paragraphs(of: lines) : functions
  }

  /// Runs of lines without an empty one between them.
  private static func paragraphs(of lines: [Substring]) -> [CodeUnit] {
    var result: [CodeUnit] = []
    var start = 0
    while start < lines.count {
      guard !lines[start].isBlank else {
        start += 1
        continue
      }
      let end = lines[start...].firstIndex(where: \.isBlank) ?? lines.count
      if end - start >= 4 {
        result.append(CodeUnit(start: start, bodyStart: start + 1, end: end, isDescribed: false))
      }
      start = end
    }
    return result
  }

  /// Whether lines of a comment or a docstring say enough to be a description.
  static func describes(_ lines: ArraySlice<Substring>) -> Bool {
    lines.reduce(0) { $0 + $1.count { $0.isLetter } } >= shortestDescription
  }
}

/// Functions of Python: a header that ends with a colon, and what is indented more than it.
enum IndentedFunctions {
  static func units(of lines: [Substring]) -> [CodeUnit] {
    var result: [CodeUnit] = []
    var place = 0
    while place < lines.count {
      guard let unit = unit(at: place, lines) else {
        place += 1
        continue
      }
      result.append(unit)
      place = unit.end
    }
    return result
  }

  private static func unit(at place: Int, _ lines: [Substring]) -> CodeUnit? {
    let header = lines[place].trimmed
    guard header.hasPrefix("def ") || header.hasPrefix("async def ") else { return nil }
    let indentation = lines[place].indentation
    guard let colon = headerEnd(from: place, indentation, lines) else { return nil }
    var start = place
    while start > 0, lines[start - 1].trimmed.hasPrefix("@"),
      lines[start - 1].indentation == indentation
    { start -= 1 }
    let end = bodyEnd(after: colon + 1, indentation, lines)
    guard let first = lines[(colon + 1)..<end].firstIndex(where: { !$0.isBlank }) else {
      return nil
    }
    let doc = docstringEnd(at: first, end, lines)
    guard let body = lines[(doc ?? first)..<end].firstIndex(where: { !$0.isBlank }) else {
      return nil
    }
    guard end - start <= CodeUnit.mostLines else { return nil }
    return CodeUnit(
      start: start, bodyStart: body, end: end,
      isDescribed: doc.map { CodeUnit.describes(lines[first..<$0]) } ?? false)
  }

  /// The line that ends with the header's colon.
  private static func headerEnd(
    from place: Int, _ indentation: Int, _ lines: [Substring]
  ) -> Int? {
    for line in place..<min(lines.count, place + 20) {
      let isContinued =
        lines[line].indentation > indentation || lines[line].trimmed.hasPrefix(")")
      if line > place, !isContinued { return nil }
      if withoutComment(lines[line]).last == ":" { return line }
    }
    return nil
  }

  /// Behind the last line that is indented more than `indentation`, or that a long string has.
  private static func bodyEnd(after start: Int, _ indentation: Int, _ lines: [Substring]) -> Int {
    var end = start
    var quote: String?
    for place in start..<lines.count {
      let line = lines[place]
      if quote == nil, !line.isBlank, line.indentation <= indentation { break }
      quote = openQuote(in: line, quote)
      if !line.isBlank { end = place + 1 }
    }
    return end
  }

  /// The triple quote that is still open after a line.
  private static func openQuote(in line: Substring, _ before: String?) -> String? {
    var open = before
    var rest = line
    while !rest.isEmpty {
      if let quote = open {
        guard let range = rest.firstRange(of: quote) else { return open }
        rest = rest[range.upperBound...]
        open = nil
      } else {
        let found = ["\"\"\"", "'''"].compactMap { quote in
          rest.firstRange(of: quote).map { (quote, $0) }
        }.min { $0.1.lowerBound < $1.1.lowerBound }
        guard let (quote, range) = found else { return nil }
        rest = rest[range.upperBound...]
        open = quote
      }
    }
    return open
  }

  /// Behind the docstring that begins at `first`; nil where none does.
  private static func docstringEnd(at first: Int, _ end: Int, _ lines: [Substring]) -> Int? {
    var text = lines[first].trimmed
    if let prefix = text.first, "rRuU".contains(prefix) { text = text.dropFirst() }
    guard text.hasPrefix("\"\"\"") || text.hasPrefix("'''") else { return nil }
    var quote: String?
    for place in first..<end {
      quote = openQuote(in: lines[place], quote)
      if quote == nil { return place + 1 }
    }
    return nil
  }

  private static func withoutComment(_ line: Substring) -> Substring {
    var code = line
    if let hash = line.firstIndex(of: "#"), !line[..<hash].contains(where: { "\"'".contains($0) }) {
      code = line[..<hash]
    }
    while code.last?.isWhitespace == true { code = code.dropLast() }
    return code
  }
}
