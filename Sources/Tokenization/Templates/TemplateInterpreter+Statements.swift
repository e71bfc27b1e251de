extension TemplateInterpreter {
  /// Runs statements until one of them leaves the loop around them.
  func run(_ statements: [TemplateStatement]) throws -> Flow {
    for statement in statements {
      try step()
      let flow = try nested { try run(statement) }
      if flow != .onward { return flow }
    }
    return .onward
  }

  private func run(_ statement: TemplateStatement) throws -> Flow {
    switch statement {
    case .text(let text): try write(text)
    case .output(let expression): try write(try printed(try evaluate(expression)))
    case .conditional(let branches, let otherwise): return try choose(branches, otherwise)
    case .loop(let loop): return try run(loop)
    case .assign(let names, let expression): try assign(names, try evaluate(expression), expression)
    case .assignAttribute(let name, let attribute, let expression):
      try assign(name, attribute, expression)
    case .capture(let name, let body, let filters):
      scopes.append([:])
      let text: TrackedText
      do {
        defer { scopes.removeLast() }
        text = try capture { _ = try run(body) }
      }
      var value = try made(text)
      for (filter, arguments, place) in filters {
        value = try located(place) { try apply(filter, value, arguments) }
      }
      assign(name, value)
    case .macro(let macro): macros[macro.name] = macro
    case .block(let body): return try run(body)
    case .leaveLoop: return .leaveLoop
    case .nextTurn: return .nextTurn
    }
    return .onward
  }

  /// What a value is printed as; the bytes are counted before they are written.
  func printed(_ value: TemplateValue) throws -> TrackedText {
    if case .text(let text) = value { return text }
    return try rendered(value) { value.printed }
  }

  private func choose(
    _ branches: [(condition: TemplateExpression, body: [TemplateStatement])],
    _ otherwise: [TemplateStatement]
  ) throws -> Flow {
    for (condition, body) in branches where try evaluate(condition).isTrue {
      return try run(body)
    }
    return try run(otherwise)
  }

  private func assign(
    _ names: [String], _ value: TemplateValue, _ expression: TemplateExpression
  ) throws {
    if names.count == 1 { return assign(names[0], value) }
    try located(expression.place) { try unpack(value, into: names) }
  }

  private func unpack(_ value: TemplateValue, into names: [String]) throws {
    let items = try elements(of: value)
    guard items.count == names.count else {
      throw TemplateFault("\(items.count) values for \(names.count) names")
    }
    for (name, item) in zip(names, items) { assign(name, item) }
  }

  private func assign(
    _ name: String, _ attribute: String, _ expression: TemplateExpression
  ) throws {
    let value = try evaluate(expression)
    try located(expression.place) {
      guard case .namespace(let namespace) = lookUp(name) else {
        throw TemplateFault("'\(name)' is not a namespace")
      }
      _ = try TemplateValue.depth(over: [value])
      namespace.values[attribute] = value
    }
  }

  private func run(_ loop: TemplateLoop) throws -> Flow {
    var items = try located(loop.iterable.place) { try elements(of: evaluate(loop.iterable)) }
    if let filter = loop.filter {
      items = try items.filter { item in
        try step()
        scopes.append([:])
        defer { scopes.removeLast() }
        try bind(loop, item)
        return try evaluate(filter).isTrue
      }
    }
    if items.isEmpty { return try run(loop.otherwise) }
    loopLevel += 1
    defer { loopLevel -= 1 }
    for (index, item) in items.enumerated() {
      try step()
      scopes.append([:])
      defer { scopes.removeLast() }
      let state = TemplateLoopState(
        index: index, count: items.count, level: loopLevel, items: items)
      assign("loop", .loop(state))
      try bind(loop, item)
      if try run(loop.body) == .leaveLoop { break }
    }
    return .onward
  }

  private func bind(_ loop: TemplateLoop, _ item: TemplateValue) throws {
    guard loop.unpacks else { return assign(loop.targets[0], item) }
    try located(loop.iterable.place) { try unpack(item, into: loop.targets) }
  }
}
