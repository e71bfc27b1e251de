import SafeIO

extension TemplateInterpreter {
  /// Runs `body`; what goes wrong in it happened at `place`.
  func located<R>(_ place: TextPosition, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let fault as TemplateFault {
      throw TemplateError.evaluation(line: place.line, column: place.column, reason: fault.reason)
    }
  }

  func evaluate(_ expression: TemplateExpression) throws -> TemplateValue {
    try step()
    return try nested { try located(expression.place) { try value(of: expression.kind) } }
  }

  private func value(of kind: TemplateExpression.Kind) throws -> TemplateValue {
    switch kind {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .text(let text): return .text(text)
    case .name(let name): return lookUp(name)
    case .list(let items, let isTuple):
      return try made(try items.map { try evaluate($0) }, isTuple: isTuple)
    case .mapping(let items): return try mapping(items)
    case .attribute(let operand, let name): return try member(name, of: evaluate(operand))
    case .element(let operand, let key):
      return try element(evaluate(key), of: evaluate(operand))
    case .slice(let operand, let bounds): return try slice(evaluate(operand), bounds)
    case .not(let operand): return .bool(try !evaluate(operand).isTrue)
    case .negative(let operand):
      return try arithmetic(.subtract, .integer(0), number(evaluate(operand)))
    case .positive(let operand): return try number(evaluate(operand))
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .conditional(let then, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(then) }
      return try otherwise.map { try evaluate($0) } ?? .undefined("")
    default: return try operation(kind)
    }
  }

  private func operation(_ kind: TemplateExpression.Kind) throws -> TemplateValue {
    switch kind {
    case .arithmetic(let operation, let left, let right):
      return try arithmetic(operation, evaluate(left), evaluate(right))
    case .comparison(let first, let others):
      var left = try evaluate(first)
      for (relation, other) in others {
        let right = try evaluate(other)
        guard try compare(relation, left, right) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .filter(let filter, let operand, let arguments):
      return try apply(filter, evaluate(operand), arguments)
    case .test(let test, let operand, let parameters, let isNegated):
      let value = try evaluate(operand)
      let passed = try check(test, value, try parameters.map { try evaluate($0) })
      return .bool(passed != isNegated)
    case .method(let method, let receiver, let arguments):
      return try call(method, on: evaluate(receiver), TemplateCall(arguments, self))
    case .function(let function, let arguments):
      return try call(function, TemplateCall(arguments, self))
    case .macro(let name, let arguments): return try call(name, arguments)
    default: return .none
    }
  }

  private func number(_ value: TemplateValue) throws -> TemplateValue {
    if let integer = value.asInteger { return .integer(integer) }
    guard case .number = value else { throw TemplateFault("\(value.typeName) is not a number") }
    return value
  }

  private func mapping(
    _ items: [(key: TemplateExpression, value: TemplateExpression)]
  ) throws -> TemplateValue {
    try spend(64 * items.count)
    var mapping = TemplateMapping()
    for (key, value) in items {
      guard let name = try evaluate(key).asText else { throw TemplateFault("a key must be a text") }
      try mapping.set(name, try evaluate(value))
    }
    return .mapping(mapping)
  }

  func member(_ name: String, of value: TemplateValue) throws -> TemplateValue {
    switch value {
    case .undefined: throw TemplateFault("\(value.typeName) has no attribute '\(name)'")
    case .mapping(let mapping): return mapping[name] ?? .undefined(name)
    case .namespace(let namespace): return namespace.values[name] ?? .undefined(name)
    case .loop(let loop): return loop[name] ?? .undefined(name)
    default: return .undefined(name)
    }
  }

  func element(_ key: TemplateValue, of value: TemplateValue) throws -> TemplateValue {
    switch (value, key) {
    case (.undefined, _): throw TemplateFault("\(value.typeName) has no elements")
    case (.mapping(let mapping), .text(let name)): return mapping[name] ?? .undefined(name.string)
    case (.namespace, .text(let name)), (.loop, .text(let name)):
      return try member(name.string, of: value)
    case (.list(let list), _):
      guard let index = key.asInteger else { return .undefined("element") }
      let place = index < 0 ? index + list.items.count : index
      return list.items.indices.contains(place) ? list.items[place] : .undefined("element \(index)")
    case (.text(let text), _):
      guard let index = key.asInteger else { return .undefined("element") }
      try spend(8 * text.count)
      let offsets = text.scalarOffsets
      let place = index < 0 ? index + offsets.count - 1 : index
      guard place >= 0, place < offsets.count - 1 else { return .undefined("element \(index)") }
      return .text(text.slice(offsets[place]..<offsets[place + 1]))
    default: return .undefined("element")
    }
  }

  private func slice(
    _ value: TemplateValue, _ bounds: [TemplateExpression?]
  ) throws -> TemplateValue {
    let numbers = try bounds.map { bound -> Int? in
      guard let bound else { return nil }
      let value = try evaluate(bound)
      if case .none = value { return nil }
      guard let number = value.asInteger, abs(Double(number)) < 1e15 else {
        throw TemplateFault("a slice needs whole numbers")
      }
      return number
    }
    let step = numbers.count > 2 ? numbers[2] ?? 1 : 1
    guard step != 0 else { throw TemplateFault("the step of a slice is 0") }
    func places(_ count: Int) -> [Int] {
      func clamp(_ bound: Int?, _ standard: Int) -> Int {
        guard let bound else { return standard }
        let place = bound < 0 ? bound + count : bound
        return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
      }
      let first = clamp(numbers[0], step > 0 ? 0 : count - 1)
      let end = clamp(numbers[1], step > 0 ? count : -1)
      return Array(stride(from: first, to: end, by: step))
    }
    switch value {
    case .list(let list):
      return try made(places(list.items.count).map { list.items[$0] }, isTuple: list.isTuple)
    case .text(let text):
      try spend(16 * text.count)
      let offsets = text.scalarOffsets
      let chosen = places(offsets.count - 1)
      if step == 1 {
        guard let first = chosen.first, let last = chosen.last else { return .text("") }
        return try made(text.slice(offsets[first]..<offsets[last + 1]))
      }
      var result = TrackedText()
      for place in chosen { result.append(text, offsets[place]..<offsets[place + 1]) }
      return try made(result)
    default: throw TemplateFault("\(value.typeName) cannot be sliced")
    }
  }
}

extension TemplateLoopState {
  /// `loop.index` and its like.
  subscript(_ name: String) -> TemplateValue? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(count - index)
    case "revindex0": .integer(count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == count - 1)
    case "length": .integer(count)
    case "depth": .integer(level)
    case "depth0": .integer(level - 1)
    case "previtem": index > 0 ? items[index - 1] : .undefined(name)
    case "nextitem": index + 1 < count ? items[index + 1] : .undefined(name)
    default: nil
    }
  }
}
