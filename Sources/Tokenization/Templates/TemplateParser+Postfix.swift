import SafeIO

/// What follows an operand: members, calls, filters and tests.
extension TemplateParser {
  mutating func postfix(_ operand: TemplateExpression) throws -> TemplateExpression {
    var result = operand
    while true {
      let place = current.place
      if take(".") {
        result = try member(of: result, place)
      } else if sees("[") {
        advance()
        result = try element(of: result, place)
      } else if sees("(") {
        result = try call(result, place)
      } else {
        return result
      }
    }
  }

  private func refuseHidden(_ name: String, _ place: TextPosition) throws {
    if name.hasPrefix("_") { throw unsupported("the attribute '\(name)'", at: place) }
  }

  private mutating func member(
    of operand: TemplateExpression, _ place: TextPosition
  ) throws -> TemplateExpression {
    if case .integer(let index) = current.kind {
      advance()
      let key = try make(.integer(index), place)
      return try make(.element(operand, key), place, over: [operand, key])
    }
    let attribute = try name("the name of an attribute")
    try refuseHidden(attribute, place)
    return try make(.attribute(operand, attribute), place, over: [operand])
  }

  private mutating func element(
    of operand: TemplateExpression, _ place: TextPosition
  ) throws -> TemplateExpression {
    var parts: [TemplateExpression?] = []
    var colons = 0
    var pending: TemplateExpression?
    while !sees("]") {
      if take(":") {
        colons += 1
        parts.append(pending)
        pending = nil
      } else if pending == nil {
        pending = try expression()
      } else {
        throw syntax("expected ']'")
      }
    }
    advance()
    if colons == 0 {
      guard let key = pending else { throw syntax("expected an index", at: place) }
      if case .text(let text) = key.kind, text.string.hasPrefix("__") {
        try refuseHidden(text.string, place)
      }
      return try make(.element(operand, key), place, over: [operand, key])
    }
    guard colons <= 2 else { throw syntax("too many ':' in a slice", at: place) }
    parts.append(pending)
    return try make(.slice(operand, parts), place, over: [operand] + parts.compactMap(\.self))
  }

  private mutating func arguments() throws -> TemplateArguments {
    try expect(.mark("("), "'('")
    var arguments = TemplateArguments()
    while !sees(")") {
      if sees("*") || sees("**") { throw unsupported("argument unpacking") }
      if case .name(let name) = current.kind, following.kind == .mark("=") {
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty else { throw syntax("positional after named argument") }
        arguments.positional.append(try expression())
      }
      if !take(",") { break }
    }
    try expect(.mark(")"), "')'")
    return arguments
  }

  private mutating func call(
    _ callee: TemplateExpression, _ place: TextPosition
  ) throws -> TemplateExpression {
    let arguments = try arguments()
    switch callee.kind {
    case .name(let name):
      if macros.contains(name) {
        return try make(.macro(name, arguments), place, over: arguments.all)
      }
      guard let function = TemplateFunction(rawValue: name) else {
        throw unsupported("the function '\(name)'", at: callee.place)
      }
      return try make(.function(function, arguments), place, over: arguments.all)
    case .attribute(let receiver, let name):
      guard let method = TemplateMethod(rawValue: name) else {
        throw unsupported("the method '\(name)'", at: callee.place)
      }
      return try make(.method(method, receiver, arguments), place, over: [receiver] + arguments.all)
    default: throw unsupported("calling this expression", at: place)
    }
  }

  mutating func filters(_ operand: TemplateExpression) throws -> TemplateExpression {
    var result = operand
    while true {
      let place = current.place
      if take("|") {
        let (filter, arguments, place) = try filterCall()
        result = try make(
          .filter(filter, result, arguments), place, over: [result] + arguments.all)
      } else if takeName("is") {
        result = try test(result, place)
      } else if sees("(") {
        result = try call(result, place)
      } else {
        return result
      }
    }
  }

  mutating func filterCall() throws -> (TemplateFilter, TemplateArguments, TextPosition) {
    let place = current.place
    let filterName = try name("the name of a filter")
    guard let filter = TemplateFilter(rawValue: filterName) else {
      throw unsupported("the filter '\(filterName)'", at: place)
    }
    let arguments = sees("(") ? try arguments() : TemplateArguments()
    try checkNames(filter, arguments, place)
    return (filter, arguments, place)
  }

  /// Filters that name other filters or tests must name known ones, as literals.
  private func checkNames(
    _ filter: TemplateFilter, _ arguments: TemplateArguments, _ place: TextPosition
  ) throws {
    let index: Int
    switch filter {
    case .map where arguments.named.isEmpty, .select, .reject: index = 0
    case .selectattr, .rejectattr: index = 1
    default: return
    }
    guard arguments.positional.count > index else { return }
    guard case .text(let text) = arguments.positional[index].kind else {
      throw unsupported("a computed name of a filter or test", at: place)
    }
    let known =
      filter == .map
      ? TemplateFilter(rawValue: text.string) != nil : Self.test(named: text.string) != nil
    guard known else { throw unsupported("the filter or test '\(text.string)'", at: place) }
  }

  static func test(named name: String) -> TemplateTest? {
    let symbols: [String: TemplateTest] = [
      "==": .eq, "!=": .ne, "<": .lt, "<=": .le, ">": .gt, ">=": .ge,
    ]
    return TemplateTest(rawValue: name) ?? symbols[name]
  }

  private mutating func test(
    _ operand: TemplateExpression, _ place: TextPosition
  ) throws -> TemplateExpression {
    let isNegated = takeName("not")
    let testName = try name("the name of a test")
    guard let test = Self.test(named: testName) else {
      throw unsupported("the test '\(testName)'", at: place)
    }
    var parameters: [TemplateExpression] = []
    switch current.kind {
    case .mark("("):
      let arguments = try arguments()
      guard arguments.named.isEmpty else { throw unsupported("a named argument of a test") }
      parameters = arguments.positional
    case .name("else"), .name("or"), .name("and"): break
    case .name, .string, .integer, .number, .mark("["), .mark("{"):
      // Jinja takes what follows for an argument, unless it cannot be one.
      guard !seesName("is"), !seesName("if"), !seesName("not"), !seesName("in") else { break }
      parameters = [try postfix(try primary())]
    default: break
    }
    return try make(
      .test(test, operand, parameters, isNegated: isNegated), place, over: [operand] + parameters)
  }
}
