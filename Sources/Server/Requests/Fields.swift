import HTTPTypes
import SafeIO

/// Reads the members of one object of a request, and knows which of them were asked for.
///
/// `null` is the same as an absent member. What is left unread at the end is refused by `finish`, so
/// that no member is silently without effect.
struct Fields {
  private let object: JSONObject
  /// Where the object stands in the request: empty at the top, else such as `messages[3]`.
  let path: String
  private var known: [String] = []

  /// - Throws: `APIError` if the value is no object.
  init(_ json: JSON, path: String = "") throws(APIError) {
    guard let object = json.object else {
      guard path.isEmpty else { throw .type(path, expected: "an object", found: json) }
      throw APIError(
        .badRequest, code: "invalid_type", "the body must be a JSON object, not \(json.typeName)")
    }
    (self.object, self.path) = (object, path)
  }

  /// The full name of the member `key`.
  func name(_ key: String) -> String {
    let key = key.escapedForMessage(limit: 64)
    return path.isEmpty ? key : "\(path).\(key)"
  }

  /// The member, nil where it is absent or null.
  mutating func value(_ key: String) -> JSON? {
    known.append(key)
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  mutating func string(_ key: String) throws(APIError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else {
      throw .type(name(key), expected: "a string", found: value)
    }
    return text
  }

  mutating func bool(_ key: String) throws(APIError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.bool else {
      throw .type(name(key), expected: "a boolean", found: value)
    }
    return flag
  }

  /// An integer; `1.0` is none.
  mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let value = value(key) else { return nil }
    return try Self.integer(value, name(key), in: range)
  }

  static func integer(_ value: JSON, _ name: String, in range: ClosedRange<Int>)
    throws(APIError) -> Int
  {
    guard let number = value.int else {
      // An integer of more than 64 bits is read as a number.
      if let number = value.double, number.rounded() == number, abs(number) >= 9e18 {
        throw .value(name, rule(range))
      }
      throw .type(name, expected: "an integer", found: value)
    }
    guard range.contains(number) else { throw .value(name, "\(rule(range)), got \(number)") }
    return number
  }

  private static func rule(_ range: ClosedRange<Int>) -> String {
    range.upperBound == .max
      ? "must be at least \(range.lowerBound)"
      : "must be from \(range.lowerBound) to \(range.upperBound)"
  }

  /// A number in a range; `excludesLowest` for one that begins above its lower bound.
  mutating func number(
    _ key: String, in range: ClosedRange<Double>, excludingLowest: Bool = false
  ) throws(APIError) -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.double else {
      throw .type(name(key), expected: "a number", found: value)
    }
    // Written so that NaN, which is in no range, is refused.
    guard range.contains(number), !(excludingLowest && number == range.lowerBound) else {
      let from = excludingLowest ? "above" : "from"
      throw .value(
        name(key), "must be \(from) \(range.lowerBound) to \(range.upperBound), got \(number)")
    }
    return number
  }

  /// The elements of an array.
  mutating func array(_ key: String, atMost limit: Int) throws(APIError) -> [JSON]? {
    guard let value = value(key) else { return nil }
    guard let elements = value.array else {
      throw .type(name(key), expected: "an array", found: value)
    }
    guard elements.count <= limit else {
      throw .value(name(key), "has \(elements.count) elements, at most \(limit) are accepted")
    }
    return elements
  }

  /// Members that cannot change the answer: accepted, whatever they are.
  mutating func accept(_ keys: [String]) { known += keys }

  /// Refuses members that would change the answer and are not implemented.
  mutating func refuse(_ keys: [String], _ reason: String = "is not supported") throws(APIError) {
    for key in keys where value(key) != nil { throw .unsupported(name(key), reason) }
  }

  /// Refuses what nobody asked for, or, where the server is lenient, tells its names.
  ///
  /// - Returns: The names that are ignored.
  /// - Throws: `APIError`, code `unknown_parameter`.
  @discardableResult
  func finish(isLenient: Bool = false) throws(APIError) -> [String] {
    let names = Set(known)
    let unknown = object.keys.filter { !names.contains($0) }
    guard let first = unknown.first else { return [] }
    if isLenient { return unknown.map { name($0) } }
    throw .unknown(name(first), nearest: NearestName.of(first, among: known))
  }
}
