/// A regular expression that answers should match as a whole, with named groups that are their fields.
///
/// `SECTION: (?<section>\w+)\nNOTE: (?<note>.+)` says what a valid answer is, and that its section and its
/// note are to be compared with the reference's.
public struct AnswerPattern {
  /// The expression as it was given.
  public let text: String
  /// The names of its groups, in order.
  public let groups: [String]
  private let expression: Regex<AnyRegexOutput>

  /// The pattern of a regular expression in Swift's syntax, which is that of PCRE for most purposes.
  ///
  /// - Throws: `EvaluationError.pattern` for what is none.
  public init(_ text: String) throws(EvaluationError) {
    self.text = text
    do {
      expression = try Regex(text)
    } catch {
      throw .pattern(text, reason: "\(error)")
    }
    groups = Self.names(in: text)
  }

  /// What the groups of an answer are; nil where the answer does not match.
  ///
  /// White space at both ends is no part of an answer.
  func fields(of answer: String) -> [String: Substring]? {
    let trimmed = String(Substring(ExactMatch.trimmed(answer)))
    guard let match = try? expression.wholeMatch(in: trimmed) else { return nil }
    var fields: [String: Substring] = [:]
    for name in groups { fields[name] = match[name]?.substring }
    return fields
  }

  /// The names behind `(?<` that are no look-behind.
  private static func names(in text: String) -> [String] {
    var names: [String] = []
    var rest = Substring(text)
    while let range = rest.firstRange(of: "(?<") {
      rest = rest[range.upperBound...]
      guard let first = rest.first, first != "=", first != "!",
        let end = rest.firstIndex(of: ">")
      else { continue }
      let name = String(rest[..<end])
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}

/// How an answer compares with its reference under a pattern.
public struct PatternScore: Sendable, Equatable {
  /// Whether the answer matches.
  public var isMatch: Bool
  /// For each group of the reference, whether the answer has the same text there.
  public var equal: [String: Bool]
  /// For each group of the reference, ROUGE-L of the answer's text there; 0 without a match.
  public var rougeL: [String: Double]

  /// Compares an answer with its reference; nil where the reference itself does not match.
  public init?(prediction: String, reference: String, _ pattern: AnswerPattern) {
    guard let wanted = pattern.fields(of: reference) else { return nil }
    let found = pattern.fields(of: prediction)
    isMatch = found != nil
    (equal, rougeL) = ([:], [:])
    for (name, text) in wanted {
      let answer = found?[name] ?? ""
      equal[name] = found?[name] != nil && answer.utf8.elementsEqual(text.utf8)
      rougeL[name] = RougeL.f1(String(answer), String(text))
    }
  }
}
