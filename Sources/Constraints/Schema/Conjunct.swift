internal import SafeIO

/// Schemas that hold at once, without alternatives: everything that is known of a value.
struct Conjunct {
  /// The items that one schema speaks of.
  struct Items {
    var prefix: [Int]
    var rest: Int?
  }

  /// The properties that one schema speaks of; what it does not name is held to its `additional`.
  struct Properties {
    var named: [(name: String, schema: Int)]
    var additional: Int?
  }

  var types = JSONTypes.all
  var values: [JSON]?
  var number = NumberRange()
  var minimumLength = 0
  var maximumLength: Int?
  var languages: [ScalarDFA] = []
  var items: [Items] = []
  var minimumItems = 0
  var maximumItems: Int?
  var properties: [Properties] = []
  var required: [String] = []
  var minimumProperties = 0
  var maximumProperties: Int?
  /// The schemas that went into it.
  var merged: Set<Int> = []

  mutating func merge(_ other: SchemaKeywords) {
    types.formIntersection(other.types)
    if let found = other.values {
      values = values.map { $0.filter { SchemaEvaluator.contains(found, $0) } } ?? found
    }
    number.lower = .narrower(number.lower, other.number.lower, upper: false)
    number.upper = .narrower(number.upper, other.number.upper, upper: true)
    number.isInteger = number.isInteger || other.number.isInteger
    number.multiple = Self.commonMultiple(number.multiple, other.number.multiple)
    minimumLength = max(minimumLength, other.minimumLength)
    maximumLength = Self.least(maximumLength, other.maximumLength)
    languages += other.languages
    if !other.prefixItems.isEmpty || other.items != nil {
      items.append(Items(prefix: other.prefixItems, rest: other.items))
    }
    minimumItems = max(minimumItems, other.minimumItems)
    maximumItems = Self.least(maximumItems, other.maximumItems)
    if !other.properties.isEmpty || other.additional != nil {
      properties.append(Properties(named: other.properties, additional: other.additional))
    }
    for name in other.required
    where !required.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      required.append(name)
    }
    minimumProperties = max(minimumProperties, other.minimumProperties)
    maximumProperties = Self.least(maximumProperties, other.maximumProperties)
  }

  private static func least(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
  }

  /// Both are at most 256 where schemas give them; the product of several is bounded by the automaton.
  private static func commonMultiple(_ a: Int, _ b: Int) -> Int {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    let (product, overflow) = (a / x).multipliedReportingOverflow(by: b)
    return overflow ? a : product
  }
}

extension SchemaDocument {
  private struct Pending {
    var schema: Int
    /// The schemas by way of which it is asked for without a value of its own.
    var chain: [Int]
  }

  private struct Branch {
    var conjunct = Conjunct()
    var pending: [Pending]
    var choices: [(options: [Int], chain: [Int])] = []
  }

  /// Alternatives that are more than a list of values; a text follows all of them at once.
  private static let mostStructured = 256

  /// The alternatives of a value that satisfies all of `schemas`, `anyOf` and `oneOf` multiplied out.
  ///
  /// - Parameters:
  ///   - schemas: What holds.
  ///   - checkingOneOf: Whether alternatives of `oneOf` must be shown to exclude each other.
  /// - Returns: None, if nothing can satisfy them.
  /// - Throws: `ConstraintError`.
  func alternatives(
    _ schemas: [Int], checkingOneOf: Bool = true
  ) throws(ConstraintError) -> [Conjunct] {
    var result: [Conjunct] = []
    var structured = 0
    var branches = [Branch(pending: schemas.reversed().map { Pending(schema: $0, chain: []) })]
    while var branch = branches.popLast() {
      try budget.spend(50)
      guard try merge(&branch, checkingOneOf: checkingOneOf) else { continue }
      guard let choice = branch.choices.popLast() else {
        if branch.conjunct.values == nil { structured += 1 }
        guard structured <= Self.mostStructured else {
          throw .tooLarge(what: "alternatives of \(place(of: schemas))", limit: Self.mostStructured)
        }
        result.append(branch.conjunct)
        continue
      }
      for option in choice.options.reversed() {
        var next = branch
        next.pending = [Pending(schema: option, chain: choice.chain)]
        branches.append(next)
      }
      let limit = budget.limits.alternatives
      guard branches.count + result.count <= limit else {
        throw .tooLarge(what: "alternatives of \(place(of: schemas))", limit: limit)
      }
    }
    return result
  }

  private func place(of schemas: [Int]) -> String {
    let pointer = schemas.first.map { self.pointer(of: $0) } ?? ""
    return pointer.isEmpty ? "the root" : "#\(pointer.escapedForMessage())"
  }

  /// Merges what is pending; false if nothing can satisfy it.
  private func merge(
    _ branch: inout Branch, checkingOneOf: Bool
  ) throws(ConstraintError) -> Bool {
    while let next = branch.pending.popLast() {
      // A schema that asks for itself adds no values of its own.
      if next.chain.contains(next.schema) { return false }
      guard branch.conjunct.merged.insert(next.schema).inserted else { continue }
      let found = keywords[next.schema]
      try budget.spend(10 + next.chain.count + found.properties.count)
      try budget.spend(found.required.count * (1 + branch.conjunct.required.count))
      guard found.isPossible else { return false }
      branch.conjunct.merge(found)
      if branch.conjunct.types.isEmpty || branch.conjunct.values?.isEmpty == true { return false }
      let chain = next.chain + [next.schema]
      branch.pending += found.also.reversed().map { Pending(schema: $0, chain: chain) }
      if let options = found.anyOf { branch.choices.append((options, chain)) }
      if let options = found.oneOf {
        if checkingOneOf { try requireExclusive(options, of: next.schema) }
        branch.choices.append((options, chain))
      }
    }
    return true
  }
}
