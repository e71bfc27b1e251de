import Constraints
import SafeIO
import Testing

/// What schemas and expressions of other tools say, and numbers that no `Int` or `Double` holds.
@Suite struct SpellingTests {
  private func json(_ schema: String) throws -> CompiledGrammar {
    try CompiledGrammar.json(schemaText: schema, vocabulary: Fixture.bytes)
  }

  // Python 3.13: re.fullmatch(pattern, text)
  @Test(arguments: [
    ("a{,3}", ["", "aaa"], ["aaaa", "a{,3}"]), ("(?P<y>[0-9]{2})-(?P<m>[0-9])", ["12-3"], ["12-"]),
    (#"\Aab\Z"#, ["ab"], ["a", "abb"]), ("a{2,}", ["aa", "aaaa"], ["a"]),
    ("a{x}", ["a{x}"], ["a", "ax"]), (#"[^\w]"#, ["-"], ["a", "é", "Ω"]),
    (#"[^\D]"#, ["7"], ["a", "é"]),
    (#"[^\s\d]"#, ["a", "é"], [" ", "\u{1c}", "7"]),
  ]) func expressionsOfPython(pattern: String, good: [String], bad: [String]) throws {
    let grammar = try CompiledGrammar.regex(pattern, vocabulary: Fixture.bytes)

    for text in good { #expect(CompiledGrammar.accepts(grammar, text), "\(text)") }
    for text in bad { #expect(!CompiledGrammar.accepts(grammar, text), "\(text)") }
  }

  /// ECMA takes the first for a class without characters, Python for one that has a bracket.
  @Test(arguments: ["[]a]", "[^]a]", "[]", "x[^]"])
  func whatTwoLanguagesReadDifferentlyIsRefused(pattern: String) {
    #expect(throws: ConstraintError.self) {
      try CompiledGrammar.regex(pattern, vocabulary: Fixture.bytes)
    }
  }

  @Test(arguments: [
    (
      #"{"type":"integer","minimum":12345678901234567890123}"#, ["12345678901234567890123"],
      ["12345678901234567890122"]
    ),
    (
      #"{"type":"integer","minimum":0,"maximum":18446744073709551615}"#, ["18446744073709551615"],
      ["18446744073709551616"]
    ),
    (
      #"{"type":"integer","exclusiveMaximum":-9223372036854775809}"#, ["-9223372036854775810"],
      ["-9223372036854775809"]
    ),
    (
      #"{"const":12345678901234567890123}"#, ["12345678901234567890123"],
      ["12345678901234567890124", "1.2345678901234568e+22"]
    ),
    (
      #"{"enum":["a",18446744073709551615]}"#, [#""a""#, "18446744073709551615"],
      ["18446744073709552000"]
    ),
    (
      #"{"type":"number","maximum":9.223372036854776e+18}"#, ["9223372036854775808"],
      ["9223372036854775809"]
    ),
    (#"{"type":"integer","minimum":1e100}"#, ["1" + String(repeating: "0", count: 101)], ["1"]),
    (
      #"{"type":"number","exclusiveMinimum":0,"maximum":1e-50}"#,
      ["0." + String(repeating: "0", count: 49) + "1"], ["0", "0.1"]
    ),
    (
      #"{"type":"integer","format":"int32"}"#, ["-2147483648", "2147483647"],
      ["2147483648", "-2147483649"]
    ),
    (
      #"{"type":"integer","format":"uint64"}"#, ["0", "18446744073709551615"],
      ["-1", "18446744073709551616"]
    ),
  ]) func integersBeyondAnInt(schema: String, good: [String], bad: [String]) throws {
    let grammar = try json(schema)

    for text in good { #expect(CompiledGrammar.accepts(grammar, text), "\(text)") }
    for text in bad { #expect(!CompiledGrammar.accepts(grammar, text), "\(text)") }
  }

  @Test(arguments: [
    #"{"type":"number","format":"double","example":1}"#,
    #"{"type":"string","format":"password","x-order":3}"#,
    #"{"discriminator":{"propertyName":"k"},"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]}"#,
  ]) func annotationsOfOpenAPIAreNoObstacle(schema: String) throws {
    _ = try json(schema)
  }
}
