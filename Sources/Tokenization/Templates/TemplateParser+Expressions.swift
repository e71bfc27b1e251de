import SafeIO

/// Expressions, with Jinja's precedence from weakest to strongest.
extension TemplateParser {
  func make(
    _ kind: TemplateExpression.Kind, _ place: TextPosition, over parts: [TemplateExpression] = []
  ) throws -> TemplateExpression {
    let depth = 1 + (parts.map(\.depth).max() ?? 0)
    guard depth <= Self.longestChain else { throw TemplateError.limit(.depth, Self.longestChain) }
    return TemplateExpression(kind: kind, place: place, depth: depth)
  }

  /// One expression, or several with commas between them, which are a tuple.
  mutating func tuple(ternary: Bool = true) throws -> TemplateExpression {
    let place = current.place
    let first = try ternary ? expression() : or()
    guard sees(",") else { return first }
    var items = [first]
    while take(",") {
      switch current.kind {
      case .outputEnd, .blockEnd, .mark(")"), .mark("="): break
      default: items.append(try ternary ? expression() : or())
      }
    }
    return try make(.list(items, isTuple: true), place, over: items)
  }

  mutating func expression() throws -> TemplateExpression {
    try nested { parser in
      var result = try parser.or()
      while parser.seesName("if") {
        let place = parser.current.place
        parser.advance()
        let condition = try parser.or()
        let otherwise = parser.takeName("else") ? try parser.expression() : nil
        result = try parser.make(
          .conditional(result, condition: condition, otherwise: otherwise), place,
          over: [result, condition] + (otherwise.map { [$0] } ?? []))
      }
      return result
    }
  }

  mutating func or() throws -> TemplateExpression {
    var left = try and()
    while seesName("or") {
      let place = current.place
      advance()
      let right = try and()
      left = try make(.or(left, right), place, over: [left, right])
    }
    return left
  }

  private mutating func and() throws -> TemplateExpression {
    var left = try not()
    while seesName("and") {
      let place = current.place
      advance()
      let right = try not()
      left = try make(.and(left, right), place, over: [left, right])
    }
    return left
  }

  private mutating func not() throws -> TemplateExpression {
    let place = current.place
    guard takeName("not") else { return try comparison() }
    let operand = try nested { try $0.not() }
    return try make(.not(operand), place, over: [operand])
  }

  private mutating func relation() -> TemplateExpression.Relation? {
    switch current.kind {
    case .mark(let mark):
      guard let relation = TemplateExpression.Relation(rawValue: mark) else { return nil }
      advance()
      return relation
    case .name("in"):
      advance()
      return .isIn
    case .name("not") where following.kind == .name("in"):
      advance()
      advance()
      return .notIn
    default: return nil
    }
  }

  private mutating func comparison() throws -> TemplateExpression {
    let place = current.place
    let left = try sum()
    var others: [(TemplateExpression.Relation, TemplateExpression)] = []
    while let relation = relation() { others.append((relation, try sum())) }
    if others.isEmpty { return left }
    return try make(.comparison(left, others), place, over: [left] + others.map(\.1))
  }

  private mutating func chain(
    _ marks: [String], _ operand: (inout TemplateParser) throws -> TemplateExpression
  ) throws -> TemplateExpression {
    var left = try operand(&self)
    while case .mark(let mark) = current.kind, marks.contains(mark),
      let operation = TemplateExpression.Operator(rawValue: mark)
    {
      let place = current.place
      advance()
      let right = try operand(&self)
      left = try make(.arithmetic(operation, left, right), place, over: [left, right])
    }
    return left
  }

  private mutating func sum() throws -> TemplateExpression {
    try chain(["+", "-"]) { try $0.chain(["~"]) { try $0.product() } }
  }

  private mutating func product() throws -> TemplateExpression {
    try chain(["*", "/", "//", "%"]) { try $0.chain(["**"]) { try $0.unary(filtered: true) } }
  }

  private mutating func unary(filtered: Bool) throws -> TemplateExpression {
    let place = current.place
    var result: TemplateExpression
    if sees("-") || sees("+") {
      let negates = sees("-")
      advance()
      let operand = try nested { try $0.unary(filtered: false) }
      result = try make(negates ? .negative(operand) : .positive(operand), place, over: [operand])
    } else {
      result = try primary()
    }
    result = try postfix(result)
    return filtered ? try filters(result) : result
  }

  mutating func primary() throws -> TemplateExpression {
    let place = current.place
    switch current.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return try make(.bool(true), place)
      case "false", "False": return try make(.bool(false), place)
      case "none", "None": return try make(.none, place)
      default: return try make(.name(name), place)
      }
    case .string:
      var text = ""
      while case .string(let part) = current.kind {
        text += part
        advance()
      }
      return try make(.text(TrackedText(text)), place)
    case .integer(let value):
      advance()
      return try make(.integer(value), place)
    case .number(let value):
      advance()
      return try make(.number(value), place)
    case .mark("("):
      advance()
      if take(")") { return try make(.list([], isTuple: true), place) }
      let result = try nested { try $0.tuple() }
      try expect(.mark(")"), "')'")
      return result
    case .mark("["):
      advance()
      var items: [TemplateExpression] = []
      while !sees("]") {
        items.append(try expression())
        if !take(",") { break }
      }
      try expect(.mark("]"), "']'")
      return try make(.list(items, isTuple: false), place, over: items)
    case .mark("{"): return try mapping(place)
    default: throw syntax("expected an expression")
    }
  }

  private mutating func mapping(_ place: TextPosition) throws -> TemplateExpression {
    advance()
    var items: [(TemplateExpression, TemplateExpression)] = []
    while !sees("}") {
      let key = try expression()
      try expect(.mark(":"), "':'")
      items.append((key, try expression()))
      if !take(",") { break }
    }
    try expect(.mark("}"), "'}'")
    return try make(.mapping(items), place, over: items.flatMap { [$0.0, $0.1] })
  }
}
