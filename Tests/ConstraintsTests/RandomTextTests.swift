import Constraints
import SafeIO
import Testing

/// Texts of random tokens under many schemas, held against a validator of the tests' own.
@Suite struct RandomTextTests {
  static let schemas = [
    #"{}"#, #"{"type":"object"}"#, #"{"type":["integer","null"]}"#, #"{"type":"string"}"#,
    #"{"enum":["a","é","x\"y",1,2.5,null,[1,{"k":2}]],"type":["string","array"]}"#,
    #"{"const":{"a":[1,"b"]}}"#,
    #"{"type":"string","minLength":2,"maxLength":4,"pattern":"^[a-cα]+$"}"#,
    #"{"type":"string","pattern":"x[0-9]{2}"}"#,
    #"{"type":"string","minLength":30,"maxLength":90}"#,
    #"{"type":"integer","minimum":-17,"exclusiveMaximum":1203}"#,
    #"{"type":"integer","multipleOf":7,"minimum":10}"#,
    #"{"type":"number","minimum":-0.25,"exclusiveMaximum":12.5}"#,
    #"{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":5}"#,
    #"{"type":"array","prefixItems":[{"type":"null"},{"type":"integer"}],"items":false,"minItems":1}"#,
    #"""
    {"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{"type":"null"}},
     "required":["b"],"additionalProperties":false}
    """#,
    #"""
    {"type":"object","properties":{"a":{"const":1}},"required":["a","z"],"minProperties":4,
     "maxProperties":6,"additionalProperties":{"type":"boolean"}}
    """#,
    #"{"anyOf":[{"type":"string","maxLength":3},{"type":"object","maxProperties":1}],"minLength":1}"#,
    #"""
    {"anyOf":[{"type":"object","properties":{"k":{"type":"integer"},"p":{"type":"null"}},
     "required":["k","p"],"additionalProperties":false},{"type":"object","properties":
     {"k":{"type":["integer","string"]},"q":{"type":"boolean"}},"required":["k","q"]}]}
    """#,
    #"""
    {"oneOf":[{"type":"object","properties":{"kind":{"const":"a"}},"required":["kind"]},
     {"type":"object","properties":{"kind":{"const":"b"},"n":{"type":"integer"}},"required":["kind","n"]}]}
    """#,
    #"""
    {"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"$ref":"#/$defs/b"}],
     "type":"object","$defs":{"b":{"properties":{"a":{"minimum":5},"b":{"$ref":"#/$defs/c"}}},
     "c":{"type":"string","minLength":2}}}
    """#,
    #"""
    {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},
     "next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["value","next"],
     "additionalProperties":false}}}
    """#,
    ##"{"$ref":"#/$defs/l","$defs":{"l":{"type":"array","items":{"$ref":"#/$defs/l"},"maxItems":3}}}"##,
  ]

  @Test(arguments: schemas) func isValidAndWithinItsTokens(text: String) throws {
    let schema = try JSON(parsing: text)
    let validator = SmallValidator(root: schema)
    let grammar = try CompiledGrammar.json(schema: schema, vocabulary: Fixture.graftBase)
    var writer = RandomWriter(seed: 7)

    for round in 0..<40 {
      let extra = round % 4 == 0 ? 0 : writer.below(50)
      let written = writer.write(grammar, limit: grammar.minimalTokens + extra)
      let found = try #require(written, "not closed within \(grammar.minimalTokens) + \(extra)")
      let value = try JSON(parsing: found)
      #expect(validator.isValid(value, schema), "\(found) under \(text)")
    }
  }

  /// `allows` follows one token, a mask follows all at once with several short cuts.
  @Test(arguments: schemas) func masksAllowWhatEachTokenAlone(text: String) throws {
    let grammar = try CompiledGrammar.json(schemaText: text, vocabulary: Fixture.graftBase)
    var writer = RandomWriter(seed: 11)
    var mask = TokenMask(vocabularySize: grammar.vocabulary.count)
    var differences: [String] = []

    for extra in [0, 3, 25] {
      _ = writer.write(grammar, limit: grammar.minimalTokens + extra) { state, left in
        for tokensLeft in [nil, left] {
          state.fillMask(&mask, tokensLeft: tokensLeft)
          for token in stride(from: left % 7, to: grammar.vocabulary.count, by: 7)
          where mask.contains(token) != state.allows(token, tokensLeft: tokensLeft) {
            differences.append("\(token) with \(tokensLeft ?? -1) left")
          }
        }
      }
    }

    #expect(differences.isEmpty, "\(differences.prefix(5))")
  }

  @Test func oneTokenTooFewIsSaidBefore() throws {
    let schema = #"{"type":"object","properties":{"a":{"const":"b"}},"required":["a"]}"#
    let grammar = try CompiledGrammar.json(schemaText: schema, vocabulary: Fixture.bytes)

    #expect(grammar.minimalTokens == #"{"a":"b"}"#.utf8.count)
    #expect(GrammarState(grammar).minimalTokensToEnd == grammar.minimalTokens)
  }

  @Test func textsThatShareAGrammarDoNotTouchEachOther() async throws {
    let grammar = try CompiledGrammar.jsonObject(vocabulary: Fixture.graftBase)
    func texts(_ seed: Int) -> [String?] {
      var writer = RandomWriter(seed: UInt64(seed))
      return (0..<10).map { _ in writer.write(grammar, limit: 80) }
    }
    let alone = (0..<4).map { texts($0) }

    let together = await withTaskGroup(of: (Int, [String?]).self) { group in
      for seed in 0..<4 { group.addTask { (seed, texts(seed)) } }
      return await group.reduce(into: [Int: [String?]]()) { $0[$1.0] = $1.1 }
    }

    for seed in 0..<4 { #expect(together[seed] == alone[seed]) }
  }

  /// More states than an arena keeps: the text moves to a new one in the middle.
  @Test func longTextsOutliveTheirCaches() throws {
    let schema = #"{"type":"array","items":{"type":"object"},"minItems":400}"#
    let grammar = try CompiledGrammar.json(schemaText: schema, vocabulary: Fixture.bytes)
    var writer = RandomWriter(seed: 3)

    let written = writer.write(grammar, limit: 12_000)
    let text = try #require(written)

    #expect(try JSON(parsing: text).array?.count ?? 0 >= 400)
  }
}
