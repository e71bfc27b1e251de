/// A JSON value and where it stood in the text it was read from.
///
/// Equality compares values, not positions, and compares strings byte by byte: Swift's own `==`
/// takes canonically equivalent strings for equal, which two tokens of a vocabulary are not.
package struct JSON: Sendable {
  package enum Kind: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    /// The digits of an integer that no `Int` holds, as they were written.
    case largeInteger(String)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    package static func == (lhs: Kind, rhs: Kind) -> Bool {
      switch (lhs, rhs) {
      case (.null, .null): true
      case (.bool(let a), .bool(let b)): a == b
      case (.integer(let a), .integer(let b)): a == b
      case (.largeInteger(let a), .largeInteger(let b)): a == b
      case (.number(let a), .number(let b)): a == b
      case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
      case (.array(let a), .array(let b)): a == b
      case (.object(let a), .object(let b)): a == b
      default: false
      }
    }
  }

  package var kind: Kind
  package var position: TextPosition

  package init(_ kind: Kind, position: TextPosition = .none) {
    self.kind = kind
    self.position = position
  }
}

extension JSON: Equatable {
  package static func == (lhs: JSON, rhs: JSON) -> Bool { lhs.kind == rhs.kind }
}

extension JSON {
  package static let null = JSON(.null)

  package init(_ value: String) { self.init(.string(value)) }
  package init(_ value: Int) { self.init(.integer(value)) }
  package init(_ value: Double) { self.init(.number(value)) }
  package init(_ value: Bool) { self.init(.bool(value)) }
  package init(_ value: [JSON]) { self.init(.array(value)) }
  package init(_ value: JSONObject) { self.init(.object(value)) }
  package init(_ value: [String]) { self.init(.array(value.map { JSON($0) })) }
  package init(_ value: [Int]) { self.init(.array(value.map { JSON($0) })) }

  /// The member `key`, if this is an object that has one.
  package subscript(_ key: String) -> JSON? { object?[key] }

  package var string: String? { if case .string(let value) = kind { value } else { nil } }
  /// The value of an integer literal; `1.0` and `1e3` are none.
  package var int: Int? { if case .integer(let value) = kind { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = kind { value } else { nil } }
  package var array: [JSON]? { if case .array(let value) = kind { value } else { nil } }
  package var object: JSONObject? { if case .object(let value) = kind { value } else { nil } }
  package var isNull: Bool { if case .null = kind { true } else { false } }

  package var double: Double? {
    switch kind {
    case .integer(let value): Double(value)
    case .largeInteger(let digits): Double(digits)
    case .number(let value): value
    default: nil
    }
  }

  /// What a message calls this kind of value.
  package var typeName: String {
    switch kind {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .largeInteger: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self.init(.null) }
  package init(booleanLiteral value: Bool) { self.init(.bool(value)) }
  package init(integerLiteral value: Int) { self.init(.integer(value)) }
  package init(floatLiteral value: Double) { self.init(.number(value)) }
  package init(stringLiteral value: String) { self.init(.string(value)) }
  package init(arrayLiteral elements: JSON...) { self.init(.array(elements)) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self.init(.object(object))
  }
}
