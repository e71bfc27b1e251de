internal import SafeIO

/// Reads the keywords of one schema; whatever it does not know is an error.
struct KeywordReader {
  let document: SchemaDocument
  let pointer: String
  private var result = SchemaKeywords()

  init(document: SchemaDocument, pointer: String) {
    self.document = document
    self.pointer = pointer
  }

  /// What says nothing of the values.
  private static let annotations: Set<String> = [
    "title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated",
    "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "$vocabulary",
    // Of OpenAPI; which alternative a discriminator means, their own schemas say.
    "discriminator", "example", "externalDocs", "xml",
  ]

  /// What JSON Schema has and is not enforced here, with the reason.
  private static let refused: [String: String] = [
    "not": "the complement of a schema has no grammar of its own",
    "if": "write the cases as anyOf", "then": "write the cases as anyOf",
    "else": "write the cases as anyOf",
    "patternProperties": "name the properties, or use additionalProperties",
    "propertyNames": "name the properties", "contains": "use items",
    "minContains": "use items", "maxContains": "use items",
    "dependentRequired": "write the cases as anyOf",
    "dependentSchemas": "write the cases as anyOf", "dependencies": "write the cases as anyOf",
    "unevaluatedItems": "use items: false", "additionalItems": "use items",
    "unevaluatedProperties": "use additionalProperties: false",
    "contentSchema": "strings are not parsed", "$anchor": "use $defs",
    "$dynamicRef": "use $ref", "$dynamicAnchor": "use $defs", "$recursiveRef": "use $ref",
    "$recursiveAnchor": "use $defs", "nullable": "use a list of types with \"null\"",
  ]

  private static let known = [
    "type", "enum", "const", "properties", "required", "additionalProperties", "items",
    "prefixItems", "minItems", "maxItems", "uniqueItems", "anyOf", "oneOf", "allOf", "$ref",
    "$defs", "definitions", "pattern", "minLength", "maxLength", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minProperties", "maxProperties",
  ]

  mutating func read(_ json: JSON) throws(ConstraintError) -> SchemaKeywords {
    if let flag = json.bool {
      result.isPossible = flag
      return result
    }
    guard let object = json.object else {
      throw .invalid(
        pointer: pointer, keyword: "schema",
        problem: "must be an object, true or false, not \(json.typeName)")
    }
    for (keyword, value) in object {
      try document.budget.spend(20)
      if Self.annotations.contains(keyword) || keyword.hasPrefix("x-") { continue }
      if let reason = Self.refused[keyword] {
        // What asks for nothing may stand there.
        if keyword == "patternProperties", value.object?.isEmpty == true { continue }
        if keyword == "nullable", value.bool == false { continue }
        throw .unsupported(pointer: pointer, keyword: keyword, reason: reason)
      }
      try read(keyword, value)
    }
    return result
  }

  func fail(_ keyword: String, _ problem: String) -> ConstraintError {
    .invalid(pointer: pointer, keyword: keyword, problem: problem)
  }

  private func child(_ json: JSON, _ path: String...) throws(ConstraintError) -> Int {
    let place = path.reduce(pointer) { $0 + "/" + SchemaDocument.escaped($1) }
    return try document.number(of: json, at: place)
  }

  private func children(_ json: JSON, _ keyword: String) throws(ConstraintError) -> [Int] {
    guard let elements = json.array, !elements.isEmpty else {
      throw fail(keyword, "must be a list of schemas that is not empty")
    }
    var schemas: [Int] = []
    for (place, element) in elements.enumerated() {
      schemas.append(try child(element, keyword, "\(place)"))
    }
    return schemas
  }

  private func count(_ value: JSON, _ keyword: String) throws(ConstraintError) -> Int {
    let number = value.int ?? value.double.flatMap { Int(exactly: $0) }
    guard let number, number >= 0 else { throw fail(keyword, "must be an integer, at least 0") }
    return min(number, Int(Int32.max) - 1)
  }

  private mutating func read(_ keyword: String, _ value: JSON) throws(ConstraintError) {
    switch keyword {
    case "type": result.types = try types(value)
    case "enum", "const": try readValues(keyword, value)
    case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
      try readBound(keyword, value)
    case "multipleOf": try readMultiple(value)
    case "minLength": result.minimumLength = try count(value, keyword)
    case "maxLength": result.maximumLength = try count(value, keyword)
    case "pattern": try readPattern(value)
    case "format": try readFormat(value)
    case "minItems": result.minimumItems = try count(value, keyword)
    case "maxItems": result.maximumItems = try count(value, keyword)
    case "uniqueItems":
      guard let flag = value.bool else { throw fail(keyword, "must be true or false") }
      if flag {
        throw .unsupported(
          pointer: pointer, keyword: keyword, reason: "items are written without looking back")
      }
    case "items":
      if value.array != nil { throw fail(keyword, "is a list; that is prefixItems since 2020-12") }
      result.items = try child(value, keyword)
    case "prefixItems": result.prefixItems = try children(value, keyword)
    case "minProperties": result.minimumProperties = try count(value, keyword)
    case "maxProperties": result.maximumProperties = try count(value, keyword)
    case "properties", "required", "additionalProperties", "$defs", "definitions":
      try readMembers(keyword, value)
    case "allOf": result.also += try children(value, keyword)
    case "anyOf": result.anyOf = try children(value, keyword)
    case "oneOf": result.oneOf = try children(value, keyword)
    case "$ref":
      guard let reference = value.string else { throw fail(keyword, "must be a string") }
      result.also.append(try document.resolve(reference, at: pointer))
    default:
      let names = Self.known + Self.annotations.sorted()
      throw .unknownKeyword(
        pointer: pointer, keyword: keyword,
        suggestion: NearestName.of(keyword, among: names))
    }
  }

  private func types(_ value: JSON) throws(ConstraintError) -> JSONTypes {
    guard let names = value.string.map({ [JSON($0)] }) ?? value.array, !names.isEmpty else {
      throw fail("type", "must be a type or a list of types")
    }
    var types: JSONTypes = []
    for name in names {
      guard let found = JSONTypes.names.first(where: { $0.name == name.string }) else {
        throw fail("type", "must be one of \(JSONTypes.names.map(\.name).joined(separator: ", "))")
      }
      types.formUnion(found.types)
    }
    return types
  }

  private mutating func readValues(_ keyword: String, _ value: JSON) throws(ConstraintError) {
    let values = keyword == "const" ? [value] : value.array
    guard let values, !values.isEmpty else { throw fail(keyword, "must be a list, not empty") }
    try document.budget.spend(20 * values.count)
    result.values =
      result.values.map { $0.filter { SchemaEvaluator.contains(values, $0) } } ?? values
  }

  private mutating func readMembers(_ keyword: String, _ value: JSON) throws(ConstraintError) {
    switch keyword {
    case "additionalProperties": result.additional = try child(value, keyword)
    case "required":
      guard let names = value.array else { throw fail(keyword, "must be a list of strings") }
      for name in names {
        guard let name = name.string else { throw fail(keyword, "must be a list of strings") }
        try document.budget.spend(result.required.count)
        if !result.required.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
          result.required.append(name)
        }
      }
    default:
      guard let members = value.object else { throw fail(keyword, "must be an object of schemas") }
      for (name, schema) in members {
        let number = try child(schema, keyword, name)
        if keyword == "properties" { result.properties.append((name, number)) }
      }
    }
  }

  private mutating func readBound(_ keyword: String, _ value: JSON) throws(ConstraintError) {
    guard let number = value.double, number.isFinite else {
      throw fail(keyword, "must be a number, not \(value.typeName)")
    }
    let isUpper = keyword.lowercased().hasSuffix("maximum")
    guard let bound = DecimalBound(value, isExclusive: keyword.hasPrefix("exclusive")) else {
      // Far beyond the numbers that are written: it binds nothing, or everything.
      if abs(number) > 1, (number > 0) == isUpper { return }
      throw fail(keyword, "has too many digits")
    }
    if isUpper {
      result.number.upper = .narrower(result.number.upper, bound, upper: true)
    } else {
      result.number.lower = .narrower(result.number.lower, bound, upper: false)
    }
  }

  private mutating func readMultiple(_ value: JSON) throws(ConstraintError) {
    guard let number = value.double, number > 0 else { throw fail("multipleOf", "must be above 0") }
    guard let multiple = Int(exactly: number), multiple <= 256 else {
      throw .unsupported(
        pointer: pointer, keyword: "multipleOf", reason: "only integers from 1 to 256 are")
    }
    result.number.multiple = multiple
    result.number.isInteger = true
  }

  private mutating func readPattern(_ value: JSON) throws(ConstraintError) {
    guard let pattern = value.string else { throw fail("pattern", "must be a string") }
    do throws(ConstraintError) {
      result.languages.append(
        try ScalarDFA(pattern: pattern, searching: true, document.budget))
    } catch {
      if case .regex(_, let offset, let problem) = error {
        throw fail(
          "pattern", "'\(pattern.escapedForMessage(limit: 80))', character \(offset): \(problem)")
      }
      throw error
    }
  }

  private mutating func readFormat(_ value: JSON) throws(ConstraintError) {
    guard let name = value.string else { throw fail("format", "must be a string") }
    if StringFormat.annotations.contains(name) { return }
    if let bounds = StringFormat.integers[name] {
      result.number.lower = .narrower(
        result.number.lower, DecimalBound(bounds.lower, isExclusive: false), upper: false)
      result.number.upper = .narrower(
        result.number.upper, DecimalBound(bounds.upper, isExclusive: false), upper: true)
      return
    }
    guard let pattern = StringFormat.pattern(name) else {
      let near = NearestName.of(name, among: StringFormat.names).map { "; did you mean '\($0)'?" }
      throw .unsupported(
        pointer: pointer, keyword: "format",
        reason: "'\(name.escapedForMessage())' is none of "
          + StringFormat.names.joined(separator: ", ") + (near ?? ""))
    }
    result.languages.append(try ScalarDFA(pattern: pattern, searching: false, document.budget))
  }
}
