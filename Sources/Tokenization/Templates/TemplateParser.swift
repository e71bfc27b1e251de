import SafeIO

/// Parses a template.
///
/// Whatever the interpreter does not do is refused here, with its place.
struct TemplateParser {
  private let tokens: [TemplateToken]
  private var index = 0
  private var nesting = 0
  private var loops = 0
  /// Macros that calls may name; filled before parsing begins.
  let macros: Set<String>

  static let deepest = 64
  /// Longest chain of operators, filters and members in one expression.
  static let longestChain = 192

  init(_ source: String) throws {
    let tokens = try TemplateLexer.tokens(of: source)
    self.tokens = tokens
    var macros: Set<String> = []
    for i in tokens.indices.dropLast(2) where tokens[i].kind == .blockBegin {
      if tokens[i + 1].kind == .name("macro"), case .name(let name) = tokens[i + 2].kind {
        macros.insert(name)
      }
    }
    self.macros = macros
  }

  var current: TemplateToken { tokens[index] }
  var following: TemplateToken { tokens[min(index + 1, tokens.count - 1)] }

  mutating func advance() { if index < tokens.count - 1 { index += 1 } }

  func syntax(_ reason: String, at place: TextPosition? = nil) -> TemplateError {
    let place = place ?? current.place
    return .syntax(line: place.line, column: place.column, reason: reason)
  }

  func unsupported(_ construct: String, at place: TextPosition? = nil) -> TemplateError {
    let place = place ?? current.place
    return .unsupported(line: place.line, column: place.column, construct: construct)
  }

  func sees(_ mark: String) -> Bool { current.kind == .mark(mark) }
  func seesName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func take(_ mark: String) -> Bool {
    guard sees(mark) else { return false }
    advance()
    return true
  }

  mutating func takeName(_ name: String) -> Bool {
    guard seesName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: TemplateToken.Kind, _ what: String) throws {
    guard current.kind == kind else { throw syntax("expected \(what)") }
    advance()
  }

  mutating func name(_ what: String) throws -> String {
    guard case .name(let name) = current.kind else { throw syntax("expected \(what)") }
    advance()
    return name
  }

  /// Runs `body` one level deeper.
  mutating func nested<R>(_ body: (inout TemplateParser) throws -> R) throws -> R {
    guard nesting < Self.deepest else { throw TemplateError.limit(.depth, Self.deepest) }
    nesting += 1
    defer { nesting -= 1 }
    return try body(&self)
  }

  mutating func template() throws -> [TemplateStatement] {
    let statements = try body(until: [])
    guard current.kind == .end else { throw syntax("expected the end of the template") }
    return statements
  }

  /// Statements up to a block that begins with one of `ends`, whose name is then the current token.
  private mutating func body(until ends: [String]) throws -> [TemplateStatement] {
    var statements: [TemplateStatement] = []
    while true {
      switch current.kind {
      case .end:
        if ends.isEmpty { return statements }
        throw syntax("'\(ends.last ?? "")' is missing at the end of the template")
      case .text(let text):
        statements.append(.text(TrackedText(text)))
        advance()
      case .outputBegin:
        advance()
        statements.append(.output(try tuple()))
        try expect(.outputEnd, "'}}'")
      case .blockBegin:
        advance()
        if case .name(let name) = current.kind, ends.contains(name) { return statements }
        statements.append(try nested { try $0.statement() })
      default: throw syntax("unexpected token")
      }
    }
  }

  private mutating func blockEnd() throws { try expect(.blockEnd, "'%}'") }

  private mutating func statement() throws -> TemplateStatement {
    let place = current.place
    let keyword = try name("the name of a statement")
    switch keyword {
    case "if": return try conditional()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro": return try macro(place)
    case "generation":
      try blockEnd()
      let statements = try body(until: ["endgeneration"])
      advance()
      try blockEnd()
      return .block(statements)
    case "break", "continue":
      guard loops > 0 else { throw syntax("'\(keyword)' outside of a loop", at: place) }
      try blockEnd()
      return keyword == "break" ? .leaveLoop : .nextTurn
    case "else", "elif", "endif", "endfor", "endset", "endmacro", "endgeneration":
      throw syntax("unexpected '\(keyword)'", at: place)
    default: throw unsupported("statement '\(keyword)'", at: place)
    }
  }

  private mutating func conditional() throws -> TemplateStatement {
    var branches: [(TemplateExpression, [TemplateStatement])] = []
    var otherwise: [TemplateStatement] = []
    let ends = ["elif", "else", "endif"]
    repeat {
      let condition = try or()
      try blockEnd()
      branches.append((condition, try body(until: ends)))
    } while takeName("elif")
    if takeName("else") {
      try blockEnd()
      otherwise = try body(until: ["endif"])
    }
    try expect(.name("endif"), "'endif'")
    try blockEnd()
    return .conditional(branches, otherwise)
  }

  private mutating func loop() throws -> TemplateStatement {
    let (targets, unpacks) = try targets()
    try expect(.name("in"), "'in'")
    let iterable = try tuple(ternary: false)
    var filter: TemplateExpression?
    if takeName("if") { filter = try expression() }
    if seesName("recursive") { throw unsupported("a recursive loop") }
    try blockEnd()
    loops += 1
    let statements = try body(until: ["else", "endfor"])
    loops -= 1
    var otherwise: [TemplateStatement] = []
    if takeName("else") {
      try blockEnd()
      otherwise = try body(until: ["endfor"])
    }
    try expect(.name("endfor"), "'endfor'")
    try blockEnd()
    return .loop(
      TemplateLoop(
        targets: targets, unpacks: unpacks, iterable: iterable, filter: filter, body: statements,
        otherwise: otherwise))
  }

  private mutating func targets() throws -> (names: [String], unpacks: Bool) {
    let parenthesised = take("(")
    var names = [try name("the name of a variable")]
    var unpacks = parenthesised
    while take(",") {
      unpacks = true
      guard case .name(let name) = current.kind, name != "in" else { break }
      names.append(name)
      advance()
    }
    if parenthesised { try expect(.mark(")"), "')'") }
    return (names, unpacks)
  }

  private mutating func assignment() throws -> TemplateStatement {
    let target = try name("the name of a variable")
    if take(".") {
      let attribute = try name("the name of an attribute")
      try expect(.mark("="), "'='")
      let value = try tuple()
      try blockEnd()
      return .assignAttribute(namespace: target, attribute: attribute, value)
    }
    var names = [target]
    while take(",") { names.append(try name("the name of a variable")) }
    if take("=") {
      let value = try tuple()
      try blockEnd()
      return .assign(names, value)
    }
    guard names.count == 1 else { throw syntax("expected '='") }
    var filters: [(TemplateFilter, TemplateArguments, TextPosition)] = []
    while take("|") { filters.append(try filterCall()) }
    try blockEnd()
    let statements = try body(until: ["endset"])
    advance()
    try blockEnd()
    return .capture(target, statements, filters: filters)
  }

  private mutating func macro(_ place: TextPosition) throws -> TemplateStatement {
    guard loops == 0 else { throw unsupported("a macro inside a loop", at: place) }
    let macroName = try name("the name of a macro")
    try expect(.mark("("), "'('")
    var parameters: [(String, TemplateExpression?)] = []
    while !sees(")") {
      let parameter = try name("the name of a parameter")
      parameters.append((parameter, take("=") ? try expression() : nil))
      if !take(",") { break }
    }
    try expect(.mark(")"), "')'")
    try blockEnd()
    let statements = try body(until: ["endmacro"])
    advance()
    try blockEnd()
    return .macro(TemplateMacro(name: macroName, parameters: parameters, body: statements))
  }
}
