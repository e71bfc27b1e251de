import SafeIO

/// A JSON value and the path that leads to it, for messages such as `pre_tokenizer.type`.
struct JSONAt {
  let value: JSON
  let path: String

  /// A member that may be missing or null.
  subscript(_ key: String) -> JSONAt? {
    guard let member = value[key], !member.isNull else { return nil }
    return JSONAt(value: member, path: path.isEmpty ? key : "\(path).\(key)")
  }

  /// A member that must be there.
  func required(_ key: String, _ expected: String) throws -> JSONAt {
    if let member = self[key] { return member }
    let name = path.isEmpty ? key : "\(path).\(key)"
    throw TokenizerError.field(path: name, expected: expected, found: "nothing")
  }

  func string() throws -> String { try value.string ?? refuse("a string") }
  func bool() throws -> Bool { try value.bool ?? refuse("true or false") }
  func object() throws -> JSONObject { try value.object ?? refuse("an object") }

  func elements() throws -> [JSONAt] {
    try (value.array ?? refuse("an array")).enumerated().map {
      JSONAt(value: $1, path: "\(path)[\($0)]")
    }
  }

  private func refuse<T>(_ expected: String) throws -> T {
    throw TokenizerError.field(path: path, expected: expected, found: value.typeName)
  }

  /// Refuses members other than `known`: a setting that nobody reads would give wrong ids in silence.
  func allow(_ known: String...) throws {
    for (key, value) in zip(try object().keys, try object().values)
    where !known.contains(key) && !value.isNull {
      throw TokenizerError.unsupported(
        path: path.isEmpty ? key : "\(path).\(key)", found: value.serialized())
    }
  }

  /// Refuses a boolean member unless it has the only value that is implemented.
  func require(_ key: String, _ only: Bool, whenMissing: Bool) throws {
    let value = try self[key]?.bool() ?? whenMissing
    if value != only {
      throw TokenizerError.unsupported(
        path: path.isEmpty ? key : "\(path).\(key)", found: "\(value)")
    }
  }

  /// The `type` member of a pipeline's part.
  func type() throws -> String { try required("type", "the name of a type").string() }

  func unsupported(_ found: String? = nil) -> TokenizerError {
    .unsupported(path: path, found: found ?? value.serialized())
  }
}
