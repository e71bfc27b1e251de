internal import SafeIO

extension SchemaDocument {
  /// Refuses a `oneOf` unless no value satisfies two of its alternatives; then it is `anyOf`.
  func requireExclusive(_ options: [Int], of schema: Int) throws(ConstraintError) {
    guard checked.insert(schema).inserted else { return }
    for (place, first) in options.enumerated() {
      for second in options[(place + 1)...] {
        guard try excludes([first], [second], depth: 0) else {
          throw .unsupported(
            pointer: pointer(of: schema), keyword: "oneOf",
            reason:
              "alternatives \(place) and \(options.firstIndex(of: second) ?? 0) may both hold; "
              + "give them a required property with different constants, or use anyOf")
        }
      }
    }
  }

  /// Whether it is certain that no value satisfies both.
  private func excludes(
    _ a: [Int], _ b: [Int], depth: Int
  ) throws(ConstraintError) -> Bool {
    guard depth < 4 else { return false }
    let first = try alternatives(a, checkingOneOf: false)
    let second = try alternatives(b, checkingOneOf: false)
    try budget.spend(first.count * second.count)
    for one in first {
      for other in second
      where try !excludes(one, other, a, b, depth: depth) { return false }
    }
    return true
  }

  private func excludes(
    _ one: Conjunct, _ other: Conjunct, _ a: [Int], _ b: [Int], depth: Int
  ) throws(ConstraintError) -> Bool {
    let evaluator = SchemaEvaluator(document: self)
    if let values = one.values {
      for value in values where try evaluator.satisfies(value, a + b) { return false }
      return true
    }
    if let values = other.values {
      for value in values where try evaluator.satisfies(value, a + b) { return false }
      return true
    }
    let types = one.types.intersection(other.types)
    if !types.isDisjoint(with: [.null, .boolean]) { return false }
    if !types.isDisjoint(with: .number), !rangesExclude(one.number, other.number) { return false }
    if types.contains(.string), try !stringsExclude(one, other) { return false }
    if types.contains(.array), !itemsExclude(one, other) { return false }
    if types.contains(.object), try !membersExclude(one, other, depth: depth) { return false }
    return true
  }

  private func rangesExclude(_ a: NumberRange, _ b: NumberRange) -> Bool {
    func isBelow(_ upper: DecimalBound?, _ lower: DecimalBound?) -> Bool {
      guard let upper, let lower else { return false }
      let order = DecimalBound.compare(upper, lower)
      return order < 0 || order == 0 && (upper.isExclusive || lower.isExclusive)
    }
    return isBelow(a.upper, b.lower) || isBelow(b.upper, a.lower)
  }

  private func stringsExclude(_ a: Conjunct, _ b: Conjunct) throws(ConstraintError) -> Bool {
    if a.minimumLength > b.maximumLength ?? .max { return true }
    if b.minimumLength > a.maximumLength ?? .max { return true }
    guard !a.languages.isEmpty, !b.languages.isEmpty else { return false }
    var common = ScalarDFA.any
    for language in a.languages + b.languages {
      common = try common.intersection(language, budget)
    }
    return !common.accepts.contains(true)
  }

  private func itemsExclude(_ a: Conjunct, _ b: Conjunct) -> Bool {
    a.minimumItems > b.maximumItems ?? .max || b.minimumItems > a.maximumItems ?? .max
  }

  private func membersExclude(
    _ a: Conjunct, _ b: Conjunct, depth: Int
  ) throws(ConstraintError) -> Bool {
    if a.minimumProperties > b.maximumProperties ?? .max { return true }
    if b.minimumProperties > a.maximumProperties ?? .max { return true }
    for (one, other) in [(a, b), (b, a)] {
      for name in one.required {
        try budget.spend(
          (one.properties + other.properties).reduce(other.required.count) { $0 + $1.named.count })
        let here = one.schemas(ofProperty: name)
        let there = other.schemas(ofProperty: name)
        if there.contains(where: { !keywords[$0].isPossible }) { return true }
        guard other.required.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else { continue }
        if try excludes(here, there, depth: depth + 1) { return true }
      }
    }
    return false
  }
}

extension Conjunct {
  /// What the value of the property `name` must satisfy.
  func schemas(ofProperty name: String) -> [Int] {
    var found: Set<Int> = []
    for part in properties {
      let schema =
        part.named.first { $0.name.utf8.elementsEqual(name.utf8) }?.schema ?? part.additional
      if let schema { found.insert(schema) }
    }
    return found.sorted()
  }

  /// What the element at `place` must satisfy.
  func schemas(ofItem place: Int) -> [Int] {
    var found: Set<Int> = []
    for part in items {
      if let schema = place < part.prefix.count ? part.prefix[place] : part.rest {
        found.insert(schema)
      }
    }
    return found.sorted()
  }
}
