import ArgumentParser

/// Rules that the values of flags must keep.
enum FlagRule {
  /// Throws unless a value that was given keeps a rule.
  ///
  /// - Parameters:
  ///   - flag: Its name, without dashes.
  ///   - value: What was given; nothing keeps every rule.
  ///   - rule: The rule in words, such as `at least 1`.
  ///   - holds: The rule.
  /// - Throws: `ValidationError` with flag, rule and value.
  static func check<Value>(
    _ flag: String, _ value: Value?, _ rule: String, _ holds: (Value) -> Bool
  ) throws {
    guard let value, !holds(value) else { return }
    throw ValidationError("--\(flag) must be \(rule), got \(value).")
  }

  /// The seed that `text` is.
  ///
  /// - Throws: `ValidationError` for what is none.
  static func seed(_ text: String) throws -> UInt64 {
    guard let seed = UInt64(text) else {
      throw ValidationError("seeds are whole numbers from 0 to \(UInt64.max).")
    }
    return seed
  }
}
