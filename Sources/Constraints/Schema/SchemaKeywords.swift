internal import SafeIO

/// Which types of JSON a value may have; numbers that are integers are apart from those that are not.
struct JSONTypes: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  static let null = JSONTypes(rawValue: 1)
  static let boolean = JSONTypes(rawValue: 2)
  static let integer = JSONTypes(rawValue: 4)
  static let fractional = JSONTypes(rawValue: 8)
  static let string = JSONTypes(rawValue: 16)
  static let array = JSONTypes(rawValue: 32)
  static let object = JSONTypes(rawValue: 64)
  static let number: JSONTypes = [.integer, .fractional]
  static let all = JSONTypes(rawValue: 127)

  static let names: [(name: String, types: JSONTypes)] = [
    ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number),
    ("string", .string), ("array", .array), ("object", .object),
  ]
}

/// The keywords of one schema, read and checked; schemas inside are numbers.
struct SchemaKeywords {
  /// False for the schema `false`.
  var isPossible = true
  var types = JSONTypes.all
  /// The values of `enum`, or that of `const`.
  var values: [JSON]?
  var number = NumberRange()
  var minimumLength = 0
  var maximumLength: Int?
  var languages: [ScalarDFA] = []
  var prefixItems: [Int] = []
  var items: Int?
  var minimumItems = 0
  var maximumItems: Int?
  var properties: [(name: String, schema: Int)] = []
  var required: [String] = []
  var additional: Int?
  var minimumProperties = 0
  var maximumProperties: Int?
  /// Schemas that hold as well: `allOf` and `$ref`.
  var also: [Int] = []
  var anyOf: [Int]?
  var oneOf: [Int]?

  func property(_ name: String) -> Int? {
    properties.first { $0.name.utf8.elementsEqual(name.utf8) }?.schema
  }
}
