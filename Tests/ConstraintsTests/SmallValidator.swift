import SafeIO

/// Validates values against the keywords that the tests use, written apart from the library.
struct SmallValidator {
  let root: JSON

  func isValid(_ value: JSON, _ schema: JSON) -> Bool {
    if let flag = schema.bool { return flag }
    guard let keywords = schema.object else { return false }
    for (keyword, rule) in keywords where !holds(keyword, rule, value, schema) { return false }
    return true
  }

  private func holds(_ keyword: String, _ rule: JSON, _ value: JSON, _ schema: JSON) -> Bool {
    switch keyword {
    case "$ref":
      let name = rule.string.map { String($0.dropFirst("#/$defs/".count)) } ?? ""
      return root["$defs"]?[name].map { isValid(value, $0) } ?? false
    case "type":
      return (rule.array ?? [rule]).contains { Self.hasType(value, $0.string ?? "") }
    case "enum": return rule.array?.contains(value) ?? false
    case "const": return rule == value
    case "anyOf": return rule.array?.contains { isValid(value, $0) } ?? false
    case "allOf": return rule.array?.allSatisfy { isValid(value, $0) } ?? false
    case "oneOf": return rule.array?.filter { isValid(value, $0) }.count == 1
    default: break
    }
    if let number = value.double, let bound = rule.double { return number.isInside(keyword, bound) }
    if let text = value.string { return Self.holds(keyword, rule, text) }
    if let elements = value.array { return holds(keyword, rule, elements, schema) }
    if let members = value.object { return holds(keyword, rule, members, schema) }
    return true
  }

  private static func hasType(_ value: JSON, _ name: String) -> Bool {
    switch name {
    case "null": value.isNull
    case "boolean": value.bool != nil
    case "integer": value.double.map { $0 == $0.rounded() } ?? false
    case "number": value.double != nil
    case "string": value.string != nil
    case "array": value.array != nil
    case "object": value.object != nil
    default: false
    }
  }

  private static func holds(_ keyword: String, _ rule: JSON, _ text: String) -> Bool {
    switch keyword {
    case "minLength": text.unicodeScalars.count >= rule.int ?? 0
    case "maxLength": text.unicodeScalars.count <= rule.int ?? 0
    case "pattern":
      (try? Regex(rule.string ?? "").matchingSemantics(.unicodeScalar).firstMatch(in: text)) != nil
    default: true
    }
  }

  private func holds(
    _ keyword: String, _ rule: JSON, _ elements: [JSON], _ schema: JSON
  ) -> Bool {
    switch keyword {
    case "minItems": return elements.count >= rule.int ?? 0
    case "maxItems": return elements.count <= rule.int ?? 0
    case "prefixItems": return zip(elements, rule.array ?? []).allSatisfy { isValid($0, $1) }
    case "items":
      let prefix = schema["prefixItems"]?.array?.count ?? 0
      return elements.dropFirst(prefix).allSatisfy { isValid($0, rule) }
    default: return true
    }
  }

  private func holds(
    _ keyword: String, _ rule: JSON, _ members: JSONObject, _ schema: JSON
  ) -> Bool {
    switch keyword {
    case "required": return rule.array?.allSatisfy { members[$0.string ?? ""] != nil } ?? false
    case "minProperties": return members.count >= rule.int ?? 0
    case "maxProperties": return members.count <= rule.int ?? 0
    case "properties":
      return members.allSatisfy { key, value in rule[key].map { isValid(value, $0) } ?? true }
    case "additionalProperties":
      return members.allSatisfy { key, value in
        schema["properties"]?[key] != nil || isValid(value, rule)
      }
    default: return true
    }
  }
}

extension Double {
  fileprivate func isInside(_ keyword: String, _ bound: Double) -> Bool {
    switch keyword {
    case "minimum": self >= bound
    case "maximum": self <= bound
    case "exclusiveMinimum": self > bound
    case "exclusiveMaximum": self < bound
    case "multipleOf": truncatingRemainder(dividingBy: bound) == 0
    default: true
    }
  }
}
