import SafeIO

/// What an answer must match.
///
/// `response_format` is the API's own way to say it; `regex`, and vLLM's `guided_json` and
/// `guided_regex`, are extensions.
enum Constraint: Sendable, Equatable {
  case none
  case jsonObject
  case jsonSchema(JSON, param: String)
  case regex(String, param: String)

  private static let longestRegex = 16_384

  static func read(_ fields: inout Fields) throws(APIError) -> Constraint {
    var found: [(String, Constraint)] = []
    if let format = fields.value("response_format") {
      let constraint = try responseFormat(format, fields.name("response_format"))
      if constraint != .none { found.append(("response_format", constraint)) }
    }
    for key in ["regex", "guided_regex"] {
      guard let pattern = try fields.string(key) else { continue }
      guard pattern.utf8.count <= longestRegex else {
        throw .value(key, "is longer than \(longestRegex) bytes")
      }
      found.append((key, .regex(pattern, param: key)))
    }
    if let schema = fields.value("guided_json") {
      found.append(("guided_json", try jsonSchema(schema, "guided_json")))
    }
    guard found.count <= 1 else {
      throw .value(found[1].0, "and '\(found[0].0)' exclude each other")
    }
    return found.first?.1 ?? .none
  }

  private static func responseFormat(_ json: JSON, _ name: String) throws(APIError) -> Constraint {
    var fields = try Fields(json, path: name)
    guard let type = try fields.string("type") else {
      throw .value("\(name).type", "is missing")
    }
    switch type {
    case "text":
      try fields.finish()
      return .none
    case "json_object":
      try fields.finish()
      return .jsonObject
    case "json_schema":
      guard let holder = fields.value("json_schema") else {
        throw .value("\(name).json_schema", "is missing")
      }
      try fields.finish()
      var inner = try Fields(holder, path: "\(name).json_schema")
      guard let title = try inner.string("name") else {
        throw .value("\(name).json_schema.name", "is missing")
      }
      guard (1...64).contains(title.utf8.count) else {
        throw .value("\(name).json_schema.name", "must have 1 to 64 characters")
      }
      _ = try inner.string("description")
      _ = try inner.bool("strict")
      let schema = inner.value("schema")
      try inner.finish()
      guard let schema else { return .jsonObject }
      return try jsonSchema(schema, "\(name).json_schema.schema")
    default:
      throw .value("\(name).type", "must be text, json_object or json_schema")
    }
  }

  private static func jsonSchema(_ schema: JSON, _ name: String) throws(APIError) -> Constraint {
    guard schema.object != nil || schema.bool != nil else {
      throw .type(name, expected: "an object", found: schema)
    }
    return .jsonSchema(schema, param: name)
  }
}
