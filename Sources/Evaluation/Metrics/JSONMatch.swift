package import SafeIO

/// Whether an answer is valid JSON, and whether it says the same as the reference.
package enum JSONMatch {
  /// The value that an answer holds: nil unless all of it, white space aside, is one JSON value.
  ///
  /// RFC 8259 decides. Of a key that occurs twice the last value counts, as in the readers that answers
  /// meet.
  package static func value(of answer: String) -> JSON? {
    var limits = JSON.Limits()
    limits.allowsRepeatedKeys = true
    return try? JSON(parsing: Array(answer.utf8), limits: limits)
  }

  package static func isValid(_ answer: String) -> Bool { value(of: answer) != nil }

  /// Equality of what was parsed: the order of keys does not count, that of arrays does, and
  /// numbers are compared by value, so that `1` is `1.0`.
  package static func isEqual(_ a: JSON, _ b: JSON) -> Bool {
    switch (a.kind, b.kind) {
    case (.integer(let x), .number(let y)), (.number(let y), .integer(let x)):
      return Double(exactly: x) == y
    case (.largeInteger, .number), (.number, .largeInteger):
      return a.double == b.double
    case (.array(let x), .array(let y)):
      return x.count == y.count && zip(x, y).allSatisfy { isEqual($0, $1) }
    case (.object(let x), .object(let y)):
      return x.count == y.count
        && x.allSatisfy { key, value in y[key].map { isEqual(value, $0) } ?? false }
    default:
      return a == b
    }
  }

  /// Whether both are JSON objects that say the same.
  package static func isExactObject(_ prediction: String, _ reference: String) -> Bool {
    guard let a = value(of: prediction), let b = value(of: reference), a.object != nil else {
      return false
    }
    return isEqual(a, b)
  }
}
