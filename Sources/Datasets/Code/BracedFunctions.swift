/// Functions of languages with braces, found by lines: a header with parentheses, an opening brace
/// and the one that closes it.
struct BracedFunctions {
  private let lines: [Substring]
  private let language: CodeLanguage
  /// Braces and parentheses of each line that stand in code, not in strings or comments.
  private let marks: [[UInt8]]

  private static let headerLines = 8

  /// Words that begin what is no function.
  private static let otherBeginnings: Set<String> = [
    "if", "for", "while", "switch", "else", "catch", "return", "guard", "do", "try", "case",
    "default", "using", "namespace", "class", "struct", "enum", "union", "interface", "extension",
    "protocol", "import", "package", "let", "var", "const", "typedef", "new", "throw", "defer",
    "when", "match", "loop", "select", "go", "impl", "trait", "mod", "use", "await", "repeat",
    "type", "actor", "object", "synchronized", "foreach", "with", "lock", "fixed", "module",
  ]

  init(_ lines: [Substring], _ language: CodeLanguage) {
    self.lines = lines
    self.language = language
    marks = CodeMarks.marks(of: lines, language)
  }

  var units: [CodeUnit] {
    var result: [CodeUnit] = []
    var place = 0
    while place < lines.count {
      guard let unit = unit(at: place, after: result.last?.end ?? 0) else {
        place += 1
        continue
      }
      result.append(unit)
      place = unit.end
    }
    return result
  }

  private func unit(at place: Int, after floor: Int) -> CodeUnit? {
    guard beginsFunction(lines[place].trimmed), let brace = openingLine(from: place),
      let close = closingLine(from: brace), close > brace + 1,
      close + 1 - place <= CodeUnit.mostLines
    else { return nil }
    let attributes = attributesStart(before: place, floor)
    let description = descriptionStart(before: attributes, floor)
    return CodeUnit(
      start: description ?? attributes, bodyStart: brace + 1, end: close + 1,
      isDescribed: description.map { CodeUnit.describes(lines[$0..<attributes]) } ?? false)
  }

  private func beginsFunction(_ line: Substring) -> Bool {
    guard let first = line.first, first.isLetter || first == "_" || first == "~",
      line.contains("(")
    else { return false }
    let words = line.prefix { $0 != "(" }.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    guard let begin = words.first else { return false }
    let declares = ["func", "fn", "fun", "function", "init", "def"]
    if words.contains(where: { declares.contains(String($0)) }) { return true }
    guard !Self.otherBeginnings.contains(String(begin)) else { return false }
    // A call has one word before its parenthesis, a declaration a type or a modifier too.
    return words.count >= 2 && !line.prefix { $0 != "(" }.contains("=")
      && !line.prefix { $0 != "(" }.contains(".")
  }

  /// The line on which the body opens, the header's parentheses being closed.
  private func openingLine(from place: Int) -> Int? {
    var depth = 0
    for line in place..<min(lines.count, place + Self.headerLines) {
      if line > place, lines[line].isBlank { return nil }
      for mark in marks[line] {
        switch mark {
        case UInt8(ascii: "("): depth += 1
        case UInt8(ascii: ")"): depth -= 1
        case UInt8(ascii: "{") where depth <= 0: return line
        case UInt8(ascii: "}"), UInt8(ascii: ";"): if depth <= 0 { return nil }
        default: break
        }
      }
    }
    return nil
  }

  private func closingLine(from brace: Int) -> Int? {
    var depth = 0
    for line in brace..<min(lines.count, brace + CodeUnit.mostLines) {
      for mark in marks[line] {
        if mark == UInt8(ascii: "{") { depth += 1 }
        if mark == UInt8(ascii: "}") {
          depth -= 1
          if depth == 0 { return line }
        }
      }
    }
    return nil
  }

  private func attributesStart(before place: Int, _ floor: Int) -> Int {
    var start = place
    while start > floor {
      let above = lines[start - 1].trimmed
      guard above.hasPrefix("@") || above.hasPrefix("#[") || above.hasPrefix("[") else { break }
      start -= 1
    }
    return start
  }

  /// Where the `///` or `/** */` that ends right above `place` begins.
  private func descriptionStart(before place: Int, _ floor: Int) -> Int? {
    guard place > floor else { return nil }
    var start = place
    while start > floor, lines[start - 1].trimmed.hasPrefix("///") { start -= 1 }
    if start < place { return start }
    guard lines[place - 1].contains("*/") else { return nil }
    while start > floor {
      start -= 1
      let line = lines[start].trimmed
      if line.hasPrefix("/**") { return start }
      if line.hasPrefix("/*") { return nil }
    }
    return nil
  }
}

/// Finds the punctuation of code, leaving out strings and comments.
enum CodeMarks {
  private enum State { case code, comment, string(UInt8), longString }

  static func marks(of lines: [Substring], _ language: CodeLanguage) -> [[UInt8]] {
    var state = State.code
    return lines.map { line in
      var found: [UInt8] = []
      let bytes = Array(line.utf8)
      // A string ends with its line, unless the language lets that quote run on.
      if case .string(let quote) = state, quote != UInt8(ascii: "`") { state = .code }
      var place = 0
      func follows(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }
      while place < bytes.count {
        let byte = bytes[place]
        switch state {
        case .comment:
          if follows("*/") {
            state = .code
            place += 1
          }
        case .longString:
          if follows("\"\"\"") {
            state = .code
            place += 2
          }
        case .string(let quote):
          if byte == UInt8(ascii: "\\") {
            place += 1
          } else if byte == quote {
            state = .code
          }
        case .code:
          if follows("//") { return found }
          if follows("/*") {
            state = .comment
            place += 1
          } else if follows("\"\"\"") {
            state = .longString
            place += 2
          } else if language.quotes.contains(byte) {
            state = .string(byte)
          } else if "{}();".utf8.contains(byte) {
            found.append(byte)
          }
        }
        place += 1
      }
      return found
    }
  }
}
