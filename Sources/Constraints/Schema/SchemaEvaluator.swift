internal import SafeIO

/// Says whether a value that is known satisfies a schema.
struct SchemaEvaluator {
  let document: SchemaDocument

  /// Whether two values are the same in JSON Schema, where 1 and 1.0 are.
  static func equal(_ a: JSON, _ b: JSON) -> Bool {
    switch (a.kind, b.kind) {
    case (.integer(let a), .integer(let b)): return a == b
    case (.integer, .number), (.number, .integer), (.number, .number), (.largeInteger, .number),
      (.number, .largeInteger):
      return a.double == b.double
    case (.array(let a), .array(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { equal($0, $1) }
    case (.object(let a), .object(let b)):
      return a.count == b.count
        && a.allSatisfy { key, value in b[key].map { equal(value, $0) } ?? false }
    default: return a == b
    }
  }

  static func contains(_ values: [JSON], _ value: JSON) -> Bool {
    values.contains { equal($0, value) }
  }

  /// Whether `value` satisfies all of `schemas`.
  func satisfies(_ value: JSON, _ schemas: [Int], depth: Int = 0) throws(ConstraintError) -> Bool {
    let limit = 4 * document.budget.limits.depth
    guard depth < limit else { throw .tooLarge(what: "levels of references", limit: limit) }
    for schema in schemas where try !satisfies(value, schema, depth: depth) { return false }
    return true
  }

  private func satisfies(
    _ value: JSON, _ schema: Int, depth: Int
  ) throws(ConstraintError) -> Bool {
    try document.budget.spend(10)
    let keywords = document.keywords[schema]
    guard keywords.isPossible, keywords.types.contains(Self.type(of: value)) else { return false }
    if let values = keywords.values {
      try document.budget.spend(values.count)
      if !Self.contains(values, value) { return false }
    }
    switch value.kind {
    case .integer, .largeInteger, .number:
      if !Self.isInside(value, keywords.number) { return false }
    case .string(let text): if try !matches(text, keywords) { return false }
    case .array(let elements):
      if try !holds(elements, keywords, depth: depth) { return false }
    case .object(let members): if try !holds(members, keywords, depth: depth) { return false }
    case .null, .bool: break
    }
    guard try satisfies(value, keywords.also, depth: depth + 1) else { return false }
    if let options = keywords.anyOf {
      var found = false
      for option in options where try satisfies(value, [option], depth: depth + 1) {
        found = true
        break
      }
      if !found { return false }
    }
    guard let options = keywords.oneOf else { return true }
    var count = 0
    for option in options where try satisfies(value, [option], depth: depth + 1) { count += 1 }
    return count == 1
  }

  static func type(of value: JSON) -> JSONTypes {
    switch value.kind {
    case .null: .null
    case .bool: .boolean
    case .integer, .largeInteger: .integer
    case .number(let number): number == number.rounded() ? .integer : .fractional
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  private static func isInside(_ value: JSON, _ range: NumberRange) -> Bool {
    guard let number = DecimalBound(value, isExclusive: false) else {
      return range == NumberRange()
    }
    if let lower = range.lower {
      let order = DecimalBound.compare(number, lower)
      if order < 0 || order == 0 && lower.isExclusive { return false }
    }
    if let upper = range.upper {
      let order = DecimalBound.compare(number, upper)
      if order > 0 || order == 0 && upper.isExclusive { return false }
    }
    guard range.isInteger || range.multiple > 1 else { return true }
    guard number.fraction.isEmpty else { return false }
    return number.whole.reduce(0) { ($0 * 10 + Int($1)) % range.multiple } == 0
  }

  private func matches(_ text: String, _ keywords: SchemaKeywords) throws(ConstraintError) -> Bool {
    let count = text.unicodeScalars.count
    try document.budget.spend(count)
    return count >= keywords.minimumLength && count <= keywords.maximumLength ?? .max
      && keywords.languages.allSatisfy { $0.matches(text) }
  }

  private func holds(
    _ elements: [JSON], _ keywords: SchemaKeywords, depth: Int
  ) throws(ConstraintError) -> Bool {
    guard elements.count >= keywords.minimumItems,
      elements.count <= keywords.maximumItems ?? .max
    else { return false }
    for (place, element) in elements.enumerated() {
      let schema =
        place < keywords.prefixItems.count ? keywords.prefixItems[place] : keywords.items
      if let schema, try !satisfies(element, [schema], depth: depth + 1) { return false }
    }
    return true
  }

  private func holds(
    _ members: JSONObject, _ keywords: SchemaKeywords, depth: Int
  ) throws(ConstraintError) -> Bool {
    guard members.count >= keywords.minimumProperties,
      members.count <= keywords.maximumProperties ?? .max,
      keywords.required.allSatisfy({ members[$0] != nil })
    else { return false }
    try document.budget.spend(members.count * (1 + keywords.properties.count))
    for (name, value) in members {
      if let schema = keywords.property(name) ?? keywords.additional,
        try !satisfies(value, [schema], depth: depth + 1)
      {
        return false
      }
    }
    return true
  }
}
