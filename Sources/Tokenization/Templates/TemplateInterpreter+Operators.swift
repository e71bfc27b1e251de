import Foundation

extension TemplateInterpreter {
  /// What a loop over `value` goes through.
  func elements(of value: TemplateValue) throws -> [TemplateValue] {
    switch value {
    case .undefined: return []
    case .list(let list): return list.items
    case .mapping(let mapping):
      try spend(16 * mapping.count)
      return mapping.keys.map { .text($0) }
    case .text(let text):
      try spend(64 * text.count)
      var items: [TemplateValue] = []
      text.forEachScalar { items.append(.text(text.slice($1))) }
      return items
    default: throw TemplateFault("\(value.typeName) is not iterable")
    }
  }

  func arithmetic(
    _ operation: TemplateExpression.Operator, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> TemplateValue {
    if operation == .join {
      var text = try printed(left)
      try spend(text.count)
      text.append(try printed(right))
      return try made(text)
    }
    switch (operation, left, right) {
    case (.add, .text(let a), .text(let b)):
      try spend(a.count)
      var text = a
      text.append(b)
      return try made(text)
    case (.add, .list(let a), .list(let b)):
      return try made(a.items + b.items, isTuple: a.isTuple)
    case (.multiply, .text(let text), _), (.multiply, _, .text(let text)):
      guard let count = (right.asText == nil ? right : left).asInteger else { break }
      let (length, overflow) = text.count.multipliedReportingOverflow(by: max(count, 0))
      guard !overflow, length <= limits.text else {
        throw TemplateError.limit(.output, limits.text)
      }
      var result = TrackedText()
      if length > 0 { for _ in 0..<count { result.append(text) } }
      return try made(result)
    default: break
    }
    if operation != .divide, let a = left.asInteger, let b = right.asInteger {
      return try integer(operation, a, b)
    }
    if let a = left.asDouble, let b = right.asDouble { return try number(operation, a, b) }
    throw TemplateFault(
      "\(left.typeName) \(operation.rawValue) \(right.typeName) has no value")
  }

  private func integer(
    _ operation: TemplateExpression.Operator, _ a: Int, _ b: Int
  ) throws -> TemplateValue {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .floor, .modulo:
      guard b != 0 else { throw TemplateFault("division by zero") }
      guard b != -1 else {
        return operation == .modulo ? .integer(0) : try integer(.subtract, 0, a)
      }
      let remainder = a % b
      let crosses = remainder != 0 && (remainder < 0) != (b < 0)
      if operation == .modulo { return .integer(crosses ? remainder + b : remainder) }
      return .integer(crosses ? a / b - 1 : a / b)
    case .power:
      guard b >= 0 else { return try number(.power, Double(a), Double(b)) }
      // Of -1, 0 and 1 only the parity of the exponent matters; of others 64 is already too much.
      let exponent = (-1...1).contains(a) && b > 0 ? 2 - b % 2 : min(b, 64)
      result = (0..<exponent).reduce((partialValue: 1, overflow: false)) { power, _ in
        let next = power.partialValue.multipliedReportingOverflow(by: a)
        return (next.partialValue, power.overflow || next.overflow)
      }
    case .divide, .join: return .none
    }
    guard !result.overflow else { throw TemplateFault("the number is out of range") }
    return .integer(result.partialValue)
  }

  private func number(
    _ operation: TemplateExpression.Operator, _ a: Double, _ b: Double
  ) throws -> TemplateValue {
    if b == 0, [.divide, .floor, .modulo].contains(operation) {
      throw TemplateFault("division by zero")
    }
    let result: Double
    switch operation {
    case .add: result = a + b
    case .subtract: result = a - b
    case .multiply: result = a * b
    case .divide: result = a / b
    case .floor: result = (a / b).rounded(.down)
    case .modulo: result = a - b * (a / b).rounded(.down)
    case .power: result = pow(a, b)
    case .join: return .none
    }
    guard result.isFinite else { throw TemplateFault("the number is out of range") }
    return .number(result)
  }

  func compare(
    _ relation: TemplateExpression.Relation, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> Bool {
    switch relation {
    case .equal, .notEqual:
      try spend(try weight(left))
      return TemplateValue.equal(left, right) == (relation == .equal)
    case .isIn: return try contains(right, left)
    case .notIn: return try !contains(right, left)
    case .less: return try precedes(left, right)
    case .greater: return try precedes(right, left)
    case .lessOrEqual: return try !precedes(right, left)
    case .greaterOrEqual: return try !precedes(left, right)
    }
  }

  /// A text made of a whole value: its cost is counted first.
  func rendered(_ value: TemplateValue, _ body: () throws -> TrackedText) throws -> TrackedText {
    try spend(try weight(value))
    return try body()
  }

  /// How many bytes looking at all of a value costs.
  ///
  /// Values share their parts, so that a small program can make one that is enormous when written
  /// out: that is an error.
  func weight(_ value: TemplateValue) throws -> Int {
    var total = 16
    func add(_ part: Int) throws {
      total += part
      if total > 16 * limits.text { throw TemplateError.limit(.output, limits.text) }
    }
    switch value {
    case .text(let text): try add(text.count)
    case .list(let list):
      for item in list.items { try add(try weight(item)) }
    case .mapping(let mapping):
      for (key, item) in zip(mapping.keys, mapping.values) { try add(key.count + weight(item)) }
    default: break
    }
    return total
  }

  private func precedes(_ left: TemplateValue, _ right: TemplateValue) throws -> Bool {
    if case .text(let a) = left, case .text(let b) = right {
      try spend(min(a.count, b.count))
      return a.bytes.lexicographicallyPrecedes(b.bytes)
    }
    if let a = left.asInteger, let b = right.asInteger { return a < b }
    if let a = left.asDouble, let b = right.asDouble { return a < b }
    throw TemplateFault("\(left.typeName) and \(right.typeName) have no order")
  }

  func contains(_ container: TemplateValue, _ value: TemplateValue) throws -> Bool {
    switch container {
    case .text(let text):
      guard let needle = value.asText else {
        throw TemplateFault("\(value.typeName) cannot be in a text")
      }
      try spend(searchCost(text, needle))
      return text.firstRange(of: needle) != nil
    case .mapping(let mapping): return value.asText.map { mapping[$0] != nil } ?? false
    case .list(let list):
      for item in list.items {
        try step()
        try spend(try weight(item))
        if TemplateValue.equal(item, value) { return true }
      }
      return false
    case .undefined: return false
    default: throw TemplateFault("\(container.typeName) is not a container")
    }
  }

  /// What looking for `needle` costs: next to nothing above one pass, unless it is long.
  func searchCost(_ text: TrackedText, _ needle: TrackedText) -> Int {
    needle.count <= 32 ? text.count : text.count * needle.count / 16
  }
}
