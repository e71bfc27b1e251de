import SafeIO

/// Precision, recall and F1 over the fields of JSON objects, micro-averaged: the counts of all
/// rows are added up before anything is divided.
///
/// An object is flattened to pairs of a path and a scalar: `{"a": {"b": 1}, "c": ["x", "y"]}` is
/// `a.b = 1`, `c[] = "x"`, `c[] = "y"`. Items of an array lose their index, so that they form a
/// multiset and order does not count; an empty array or object below the root is a pair of its
/// own. A pair is matched at most as often as the reference has it. An answer that is not a JSON
/// object has no pairs, so that it costs recall.
package struct FieldF1: Sendable, Equatable {
  package private(set) var matched = 0
  package private(set) var predicted = 0
  package private(set) var expected = 0

  package init() {}

  /// The counts of one row.
  package init(prediction: String, reference: String) {
    add(prediction: prediction, reference: reference)
  }

  /// Adds the counts of one row.
  package mutating func add(prediction: String, reference: String) {
    let found = Self.pairs(of: prediction)
    let wanted = Self.pairs(of: reference)
    predicted += found.values.reduce(0, +)
    expected += wanted.values.reduce(0, +)
    matched += wanted.reduce(0) { $0 + min($1.value, found[$1.key] ?? 0) }
  }

  package static func += (total: inout FieldF1, row: FieldF1) {
    total.matched += row.matched
    total.predicted += row.predicted
    total.expected += row.expected
  }

  /// 1 where nothing was predicted and nothing expected.
  package var f1: Double {
    predicted + expected == 0 ? 1 : 2 * Double(matched) / Double(predicted + expected)
  }
  package var precision: Double {
    predicted == 0 ? (expected == 0 ? 1 : 0) : Double(matched) / Double(predicted)
  }
  package var recall: Double {
    expected == 0 ? (predicted == 0 ? 1 : 0) : Double(matched) / Double(expected)
  }

  /// How often each pair occurs in a JSON object.
  static func pairs(of text: String) -> [Pair: Int] {
    var pairs: [Pair: Int] = [:]
    guard let json = JSONMatch.value(of: text), json.object?.isEmpty == false else { return pairs }
    collect(json, path: [], into: &pairs)
    return pairs
  }

  /// Keys are kept apart, not joined: `{"a.b": 1}` is not `{"a": {"b": 1}}`.
  struct Pair: Hashable {
    var path: [String?]
    var value: Scalar
  }

  enum Scalar: Hashable {
    case null, emptyArray, emptyObject
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text([UInt8])
  }

  // The parser's limit on depth bounds the recursion.
  private static func collect(_ json: JSON, path: [String?], into pairs: inout [Pair: Int]) {
    switch json.kind {
    case .object(let object) where !object.isEmpty:
      for (key, value) in object { collect(value, path: path + [key], into: &pairs) }
    case .array(let items) where !items.isEmpty:
      for item in items { collect(item, path: path + [nil], into: &pairs) }
    default:
      pairs[Pair(path: path, value: scalar(json)), default: 0] += 1
    }
  }

  private static func scalar(_ json: JSON) -> Scalar {
    switch json.kind {
    case .null: .null
    case .array: .emptyArray
    case .object: .emptyObject
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .largeInteger(let digits): Double(digits).map { .number($0) } ?? .text(Array(digits.utf8))
    // By value: 2.0 and 2 are one.
    case .number(let value): Int(exactly: value).map { .integer($0) } ?? .number(value)
    case .string(let text): .text(Array(text.utf8))
    }
  }
}
