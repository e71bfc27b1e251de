import Constraints
import Foundation
import SafeIO
import TestSupport
import Testing

/// What is refused, in which words, and how quickly.
@Suite struct RefusalTests {
  private func refusal(_ schema: String) -> ConstraintError? {
    do throws(ConstraintError) {
      _ = try CompiledGrammar.json(schemaText: schema, vocabulary: Fixture.bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    (#"{"typ":"string"}"#, "schema (root): unknown keyword 'typ'"),
    (
      #"{"properties":{"a/b":{"items":{"not":{}}}}}"#,
      "schema #/properties/a~1b/items: 'not' is not supported: "
        + "the complement of a schema has no grammar of its own"
    ),
    (#"{"minLength":-1}"#, "schema (root): 'minLength' must be an integer, at least 0"),
    (##"{"$ref":"#/$defs/x"}"##, "schema (root): nothing at '#/$defs/x'"),
    (
      #"{"$ref":"http://x/y"}"#,
      "schema (root): '$ref' is not supported: 'http://x/y' is not in this schema"
    ),
    (
      #"{"pattern":"(?=a)"}"#,
      "schema (root): 'pattern' '(?=a)', character 2: looking ahead is not supported"
    ),
    (#"{"type":"integer","minimum":5,"maximum":4}"#, "the schema allows no text at all"),
    (##"{"$ref":"#"}"##, "the schema allows no text at all"),
    (
      ##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"array","items":{"$ref":"#/$defs/a"},"minItems":1}}}"##,
      "the schema allows no text at all"
    ),
    (
      #"{"oneOf":[{"type":"string"},{"minLength":3}]}"#,
      "schema (root): 'oneOf' is not supported: alternatives 0 and 1 may both hold; give them a "
        + "required property with different constants, or use anyOf"
    ),
    (#"{"uniqueItems":true}"#, nil), (#"{"format":"regex"}"#, nil), (#"[]"#, nil), (#"{"a""#, nil),
  ]) func namesThePlaceAndTheKeyword(schema: String, message: String?) throws {
    let error = try #require(refusal(schema))

    if let message { #expect(error.description == message) }
    #expect(!error.description.contains("\n"))
  }

  @Test func suggestsTheKeywordThatWasMeant() throws {
    #expect(refusal(#"{"requierd":["a"]}"#)?.hint == "Did you mean 'required'?")
  }

  @Test(arguments: [
    #"\1"#, "(?<=a)b", "(?!a)", #"\p{L}"#, #"a\b"#, "(?i)a", "a**", "(", ")", "[a", "a{3,2}",
    #"\u{110000}"#, "*", "[b-a]",
  ]) func expressionsThatAreNotRegularAreRefused(pattern: String) {
    #expect(throws: ConstraintError.self) {
      try CompiledGrammar.regex(pattern, vocabulary: Fixture.bytes)
    }
  }

  /// Each would take exponential time or memory if it were not counted.
  @Test(arguments: [
    String(repeating: "(", count: 60_000) + "a" + String(repeating: ")", count: 60_000),
    "(a|b)*a(a|b){24}", "(.{0,1000}x){0,1000}", "((((a{0,99}){0,99}){0,99}){0,99}){0,99}",
    "a{0,1000000000}", ".*a.{200}b.{200}c",
  ]) func expressionsThatExplodeAreRefusedQuickly(pattern: String) {
    let start = CPUTime.now

    #expect(throws: ConstraintError.self) {
      try CompiledGrammar.regex(pattern, vocabulary: Fixture.bytes)
    }

    #expect(CPUTime.now - start < .seconds(2))
  }

  static let explosions = [
    // anyOf multiplied out 3^12 times.
    #"{"allOf":["#
      + (0..<12).map { place in
        #"{"anyOf":[{"minLength":\#(place)},{"maxLength":\#(place + 50)},{"minimum":\#(place)}]}"#
      }.joined(separator: ",") + "]}",
    #"{"minItems":2000000000}"#, #"{"type":"string","minLength":2000000000}"#,
    #"{"items":"# + String(repeating: #"{"items":"#, count: 200) + "{}"
      + String(repeating: "}", count: 201),
    // Every property refers to the next twice.
    ##"{"$ref":"#/$defs/d0","$defs":{"##
      + (0..<40).map { place in
        ##""d\##(place)":{"anyOf":[{"$ref":"#/$defs/d\##(place + 1)"},{"$ref":"#/$defs/d\##(place + 1)"}]}"##
      }.joined(separator: ",") + #","d40":{"type":"null"}}}"#,
  ]

  @Test(arguments: explosions) func schemasThatExplodeAreRefusedQuickly(schema: String) {
    let start = CPUTime.now

    #expect(refusal(schema) != nil)

    #expect(CPUTime.now - start < .seconds(2))
  }

  @Test func textsNestNoDeeperThanTheLimit() throws {
    let schema =
      ##"{"$ref":"#/$defs/l","$defs":{"l":{"type":"array","items":{"$ref":"#/$defs/l"}}}}"##
    var limits = ConstraintLimits()
    limits.depth = 5
    let grammar = try CompiledGrammar.json(
      schemaText: schema, vocabulary: Fixture.bytes, limits: limits)

    #expect(CompiledGrammar.accepts(grammar, "[[[[[]]]]]"))
    #expect(!CompiledGrammar.accepts(grammar, "[[[[[[]]]]]]"))
  }

  @Test func mutatedSchemasAreErrorsOrGrammars() throws {
    let original = RandomTextTests.schemas.joined(separator: "\n")
    let mutator = Mutator(
      Array(original.utf8),
      pieces: ["anyOf", "$ref", "#", "pattern", "(a+)+", "{0,9999}", "minItems", "1e308", "items"])
    let lines = RandomTextTests.schemas.count

    var place = 0
    let run = MutationRun("schemas", mutator, count: 3000) { bytes in
      place += 1
      let parts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      let text = String(decoding: parts[place % min(lines, parts.count)], as: UTF8.self)
      _ = try CompiledGrammar.json(schemaText: text, vocabulary: Fixture.bytes)
    }

    #expect(run.foreign.isEmpty, "\(run.foreign)")
    #expect(run.accepted > 0 && run.refused.count > 3)
    #expect(run.slowest < .seconds(2), "case \(run.slowestCase)")
  }
}
