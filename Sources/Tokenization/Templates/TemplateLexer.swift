import SafeIO

/// Cuts a template's source into tokens, with white space treated as transformers sets Jinja up:
/// `trim_blocks` (the newline after a block goes) and `lstrip_blocks` (so does the indent before it).
struct TemplateLexer {
  private let source: [Unicode.Scalar]
  private let lineStarts: [Int]
  private var index = 0
  private var tokens: [TemplateToken] = []

  static func tokens(of source: String) throws -> [TemplateToken] {
    guard source.utf8.count <= ChatTemplate.longestSource else {
      throw TemplateError.limit(.source, ChatTemplate.longestSource)
    }
    var lexer = TemplateLexer(source)
    try lexer.run()
    return lexer.tokens
  }

  private init(_ text: String) {
    // Every kind of line end is "\n" to Jinja, and the last one is dropped.
    var source: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      if scalar == "\n", source.last == "\r" { source.removeLast() }
      source.append(scalar)
    }
    for i in source.indices where source[i] == "\r" { source[i] = "\n" }
    if source.last == "\n" { source.removeLast() }
    self.source = source
    lineStarts = [0] + source.indices.filter { source[$0] == "\n" }.map { $0 + 1 }
  }

  private func place(_ index: Int) -> TextPosition {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= index { low = middle } else { high = middle }
    }
    return TextPosition(line: low + 1, column: index - lineStarts[low] + 1, byteOffset: index)
  }

  private func fail(_ reason: String, at index: Int) -> TemplateError {
    let place = place(index)
    return .syntax(line: place.line, column: place.column, reason: reason)
  }

  private func at(_ index: Int) -> Unicode.Scalar? {
    index >= 0 && index < source.count ? source[index] : nil
  }

  private func matches(_ text: String, at index: Int) -> Bool {
    var index = index
    for scalar in text.unicodeScalars {
      guard at(index) == scalar else { return false }
      index += 1
    }
    return true
  }

  private mutating func emit(_ kind: TemplateToken.Kind, at index: Int) {
    tokens.append(TemplateToken(kind: kind, place: place(index)))
  }

  private mutating func run() throws {
    var lineStarting = true
    while index < source.count {
      let start = index
      while index < source.count,
        !(source[index] == "{" && "%{#".unicodeScalars.contains(at(index + 1) ?? " "))
      {
        index += 1
      }
      guard let kind = at(index + 1), index < source.count else {
        emitText(start..<source.count)
        break
      }
      let tag = index
      let sign = at(index + 2).flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
      emitText(textBefore(tag, start, sign: sign, isOutput: kind == "{", lineStarting))
      index += sign == nil ? 2 : 3
      if kind == "#" {
        try skipComment(from: tag)
      } else {
        emit(kind == "{" ? .outputBegin : .blockBegin, at: tag)
        try lexTag(isOutput: kind == "{", from: tag)
      }
      lineStarting = source[index - 1] == "\n"
    }
    emit(.end, at: source.count)
  }

  private mutating func emitText(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: source[range])
    emit(.text(String(text)), at: range.lowerBound)
  }

  private func textBefore(
    _ tag: Int, _ start: Int, sign: Unicode.Scalar?, isOutput: Bool, _ lineStarting: Bool
  ) -> Range<Int> {
    var end = tag
    while end > start, source[end - 1].isPythonSpace, sign == "-" || source[end - 1] != "\n" {
      end -= 1
    }
    if sign == "-" { return start..<end }
    let beginsLine = end > start ? source[end - 1] == "\n" : lineStarting
    return sign == nil && !isOutput && beginsLine ? start..<end : start..<tag
  }

  private mutating func skipComment(from tag: Int) throws {
    let start = index
    while !matches("#}", at: index) {
      guard index < source.count else { throw fail("comment without end", at: tag) }
      index += 1
    }
    let sign = index > start ? at(index - 1) : nil
    index += 2
    finishTag(sign: sign, trimsNewline: true)
  }

  /// White space after a tag: all of it after `-`, none after `+`, else the newline after a block.
  private mutating func finishTag(sign: Unicode.Scalar?, trimsNewline: Bool) {
    if sign == "-" {
      while let scalar = at(index), scalar.isPythonSpace { index += 1 }
    } else if sign != "+", trimsNewline, at(index) == "\n" {
      index += 1
    }
  }
}

extension TemplateLexer {
  private mutating func lexTag(isOutput: Bool, from tag: Int) throws {
    let close = isOutput ? "}}" : "%}"
    var brackets: [Unicode.Scalar] = []
    while true {
      while let scalar = at(index), scalar.isPythonSpace { index += 1 }
      guard let scalar = at(index) else { throw fail("tag without end", at: tag) }
      if brackets.isEmpty {
        let signed = scalar == "-" || (scalar == "+" && !isOutput)
        if matches(close, at: signed ? index + 1 : index) {
          emit(isOutput ? .outputEnd : .blockEnd, at: index)
          index += signed ? 3 : 2
          finishTag(sign: signed ? scalar : nil, trimsNewline: !isOutput)
          return
        }
      }
      try lexToken(scalar, &brackets)
    }
  }

  private mutating func lexToken(
    _ scalar: Unicode.Scalar, _ brackets: inout [Unicode.Scalar]
  ) throws {
    let start = index
    if scalar.properties.isXIDStart || scalar == "_" {
      var name = String.UnicodeScalarView()
      while let next = at(index), next.properties.isXIDContinue {
        name.append(next)
        index += 1
      }
      return emit(.name(String(name)), at: start)
    }
    if ("0"..."9").contains(scalar) { return try lexNumber() }
    if scalar == "'" || scalar == "\"" { return try lexString(scalar) }
    for mark in ["//", "**", "==", "!=", ">=", "<="] where matches(mark, at: index) {
      index += 2
      return emit(.mark(mark), at: start)
    }
    guard "+-/*%~[](){}=<>.:|,;".unicodeScalars.contains(scalar) else {
      throw fail("unexpected character '\(scalar)'", at: index)
    }
    switch scalar {
    case "(": brackets.append(")")
    case "[": brackets.append("]")
    case "{": brackets.append("}")
    case ")", "]", "}":
      guard brackets.popLast() == scalar else { throw fail("unexpected '\(scalar)'", at: index) }
    default: break
    }
    index += 1
    emit(.mark(String(Character(scalar))), at: start)
  }

  private mutating func lexNumber() throws {
    let start = index
    func isDigit(_ index: Int) -> Bool { at(index).map { ("0"..."9").contains($0) } ?? false }
    func digits() -> String {
      var text = ""
      while let scalar = at(index), isDigit(index) || (scalar == "_" && isDigit(index + 1)) {
        if scalar != "_" { text.unicodeScalars.append(scalar) }
        index += 1
      }
      return text
    }
    var text = digits()
    var isInteger = true
    if at(index) == ".", isDigit(index + 1) {
      index += 1
      text += "." + digits()
      isInteger = false
    }
    if at(index) == "e" || at(index) == "E" {
      let signed = at(index + 1) == "-" || at(index + 1) == "+"
      if isDigit(index + (signed ? 2 : 1)) {
        text += at(index + 1) == "-" ? "e-" : "e"
        index += signed ? 2 : 1
        text += digits()
        isInteger = false
      }
    }
    if isInteger, let value = Int(text) { return emit(.integer(value), at: start) }
    guard !isInteger, let value = Double(text), value.isFinite else {
      throw fail("number out of range", at: start)
    }
    emit(.number(value), at: start)
  }
}

extension TemplateLexer {
  private mutating func lexString(_ quote: Unicode.Scalar) throws {
    let start = index
    var text = String.UnicodeScalarView()
    index += 1
    while true {
      guard let scalar = at(index) else { throw fail("string without end", at: start) }
      index += 1
      if scalar == quote { break }
      if scalar == "\\" { try lexEscape(into: &text) } else { text.append(scalar) }
    }
    emit(.string(String(text)), at: start)
  }

  private mutating func lexEscape(into text: inout String.UnicodeScalarView) throws {
    guard let scalar = at(index) else { return }
    index += 1
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}",
      "b": "\u{8}", "f": "\u{C}", "v": "\u{B}",
    ]
    if let plain = simple[scalar] { return text.append(plain) }
    switch scalar {
    case "\n": break
    case "x": try lexCode(digits: 2, into: &text)
    case "u": try lexCode(digits: 4, into: &text)
    case "U": try lexCode(digits: 8, into: &text)
    case "N", "0"..."7": throw fail("escape '\\\(scalar)' is not supported", at: index - 2)
    default:
      text.append("\\")
      text.append(scalar)
    }
  }

  private mutating func lexCode(digits: Int, into text: inout String.UnicodeScalarView) throws {
    let start = index
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = at(index).flatMap({ Character($0).hexDigitValue }), value < 1 << 24 else {
        throw fail("malformed escape", at: start)
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw fail("malformed escape", at: start) }
    text.append(scalar)
  }
}
