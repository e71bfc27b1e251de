import SafeIO

/// Takes typed fields out of a JSON object; every mistake names its field.
struct ConfigurationReader {
  let json: JSONObject
  let path: String

  init(_ value: JSON, path: String, field: String = "the file") throws {
    guard let object = value.object else {
      throw ModelFileError(
        path,
        .configType(
          field: field, expected: "an object", found: value.typeName, at: value.position))
    }
    json = object
    self.path = path
  }

  /// The field, unless it is absent or null.
  func value(_ field: String) -> JSON? {
    // A bare `nil` in a closure here would be taken for a JSON null.
    guard let value = json[field], !value.isNull else { return nil }
    return value
  }

  func int(_ field: String) throws -> Int? { try get(field, "an integer", \.int) }
  func double(_ field: String) throws -> Double? { try get(field, "a number", \.double) }
  func bool(_ field: String) throws -> Bool? { try get(field, "a boolean", \.bool) }
  func string(_ field: String) throws -> String? { try get(field, "a string", \.string) }

  func requiredInt(_ field: String) throws -> Int {
    guard let value = try int(field) else {
      throw ModelFileError(path, .configMissing(field: field))
    }
    return value
  }

  /// One integer, or a list of them.
  func ints(_ field: String) throws -> [Int]? {
    try get(field, "an integer or a list of integers") { value in
      if let one = value.int { return [one] }
      guard let array = value.array else { return nil }
      let integers = array.compactMap(\.int)
      return integers.count == array.count ? integers : nil
    }
  }

  func unsupported(_ field: String, _ reason: String) -> ModelFileError {
    let found = json[field]?.serialized() ?? "absent"
    return ModelFileError(
      path, .configUnsupported(field: field, value: found, reason: reason))
  }

  private func get<T>(_ field: String, _ expected: String, _ convert: (JSON) -> T?) throws -> T? {
    guard let value = value(field) else { return nil }
    guard let result = convert(value) else {
      throw ModelFileError(
        path,
        .configType(
          field: field, expected: expected, found: value.typeName, at: value.position))
    }
    return result
  }
}
