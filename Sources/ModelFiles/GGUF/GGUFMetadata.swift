/// The metadata of a GGUF file: values by key, in the order of the file.
///
/// The typed getters return nil where the key is absent and throw where the value has another type:
/// a value is never taken for something that it is not.
package struct GGUFMetadata: Sendable {
  package private(set) var keys: [String] = []
  /// The file, for messages.
  package let path: String
  private var values: [String: GGUFValue] = [:]

  package init(path: String) { self.path = path }

  package subscript(_ key: String) -> GGUFValue? { values[key] }

  /// Adds a value; false if the key is there already.
  mutating func insert(_ key: String, _ value: GGUFValue) -> Bool {
    guard values.updateValue(value, forKey: key) == nil else { return false }
    keys.append(key)
    return true
  }

  package func string(_ key: String) throws -> String? {
    try get(key, "string") { if case .string(let value) = $0 { value } else { nil } }
  }

  /// A non-negative integer of any width.
  package func uint(_ key: String) throws -> Int? {
    try get(key, "a non-negative integer") { $0.integer.flatMap { $0 >= 0 ? $0 : nil } }
  }

  package func float(_ key: String) throws -> Double? {
    try get(key, "f32 or f64") { if case .float(let value, _) = $0 { value } else { nil } }
  }

  package func bool(_ key: String) throws -> Bool? {
    try get(key, "bool") { if case .bool(let value) = $0 { value } else { nil } }
  }

  package func strings(_ key: String) throws -> [String]? {
    try get(key, "string[]") { if case .strings(let values) = $0 { values } else { nil } }
  }

  /// An array of `i32`, `u32`, `i64` or `u64`; narrower elements are refused, since no writer
  /// means them.
  package func ints(_ key: String) throws -> [Int]? {
    try get(key, "an array of 32 or 64-bit integers") { value in
      guard case .numbers(let type, _) = value, [.i32, .u32, .i64, .u64].contains(type),
        let elements = value.elements
      else { return nil }
      let integers = elements.compactMap(\.integer)
      return integers.count == elements.count ? integers : nil
    }
  }

  package func floats(_ key: String) throws -> [Double]? {
    try get(key, "an array of f32 or f64") { value in
      guard case .numbers(let type, _) = value, type == .f32 || type == .f64 else { return nil }
      return value.elements?.compactMap {
        if case .float(let number, _) = $0 { number } else { nil }
      }
    }
  }

  /// A value that must be there.
  package func required<T>(_ key: String, _ get: (String) throws -> T?) throws -> T {
    guard let value = try get(key) else {
      throw ModelFileError(path, .metadataMissing(key: key))
    }
    return value
  }

  private func get<T>(_ key: String, _ expected: String, _ convert: (GGUFValue) -> T?) throws -> T?
  {
    guard let value = values[key] else { return nil }
    guard let result = convert(value) else {
      throw ModelFileError(
        path, .metadataType(key: key, expected: expected, found: value.typeName))
    }
    return result
  }
}
