import Constraints
import SafeIO
import Testing

/// Calls of functions in free text, with a mark and by their place.
@Suite struct CallTests {
  private static let numbers: JSON = [
    "type": "object", "properties": ["n": ["$ref": "#/$defs/n"]], "required": ["n"],
    "$defs": ["n": ["type": "integer", "minimum": 1, "maximum": 9]],
  ]

  private func grammar(
    _ text: CallSyntax.FreeText, separator: String? = "\n", opening: String = "<c>f("
  ) throws -> CompiledGrammar {
    try CompiledGrammar.calls(
      CallSyntax(
        functions: [
          CallSyntax.Function(
            opening: opening, closing: ")</c>", arguments: Self.numbers, pointer: "/tools/0"),
          CallSyntax.Function(
            opening: "<c>g(", closing: ")</c>", arguments: ["properties": [:]], pointer: "/tools/1"),
        ], text: text, separator: separator), vocabulary: Fixture.bytes)
  }

  @Test(arguments: [
    ("", true), ("any \"text\" {\"n\": } <c <", true), (#"<c>f({"n":3})</c>"#, true),
    (#"é{"n"<c>f({"n":3,"n2":[]})</c>"#, true), ("a<c>f({\"n\":3})</c>\n<c>g({})</c>", true),
    ("a<c>", false), ("a<c>h({})</c>", false), (#"<c>f({"n":0})</c>"#, false),
    (#"<c>f({})</c>"#, false), (#"<c>g(1)</c>"#, false), (#"<c>f({"n":3})</c> and"#, false),
    // Quotes and braces of the text before do not count among the keys.
    (#"{"x":1,"x":2}"#, true), (#"{"x":"x" "x<c>g({"x":1})</c>"#, true),
    (#"<c>g({"x":1,"x":2})</c>"#, false),
  ]) func marksBeginCalls(text: String, isAllowed: Bool) throws {
    #expect(CompiledGrammar.accepts(try grammar(.without(["<c>"])), text) == isAllowed)
  }

  @Test(arguments: [
    ("", true), ("<c>", true), ("a <c>f(", true), (#"<c>f({"n":3})</c>"#, true),
    ("<c>f(", false), ("<c>f({\"n\":3})", false), (#"<c>f({"n":3})</c>a"#, false),
  ]) func beginningsAreCalls(text: String, isAllowed: Bool) throws {
    let grammar = try grammar(.notBeginning(["<c>f(", "<c>g("]), separator: nil)

    #expect(CompiledGrammar.accepts(grammar, text) == isAllowed)
  }

  @Test(arguments: [
    ("", false), ("a", false), (#"<c>f({"n":3})</c>"#, true),
    ("<c>g({})</c>\n<c>g({})</c>", true),
  ]) func withoutTextThereIsACall(text: String, isAllowed: Bool) throws {
    #expect(CompiledGrammar.accepts(try grammar(.none), text) == isAllowed)
  }

  @Test func aCallThatIsBegunIsCompletedWithinTheLimit() throws {
    let grammar = try grammar(.none)
    let least = grammar.minimalTokens
    var writer = RandomWriter(seed: 4)

    for limit in least..<least + 60 {
      let text = writer.write(grammar, limit: limit) ?? ""
      #expect(text.hasPrefix("<c>") && text.hasSuffix(")</c>"), "\(limit): \(text)")
    }
  }

  @Test func messagesNameTheToolsPlace() throws {
    let syntax = CallSyntax(
      functions: [
        CallSyntax.Function(
          opening: "f", closing: ".", arguments: ["properties": ["a": ["not": [:]]]],
          pointer: "/tools/0/function/parameters")
      ], text: .none, separator: nil)

    #expect(
      throws: ConstraintError.unsupported(
        pointer: "/tools/0/function/parameters/properties/a", keyword: "not",
        reason: "the complement of a schema has no grammar of its own")
    ) { try CompiledGrammar.calls(syntax, vocabulary: Fixture.bytes) }
  }
}
