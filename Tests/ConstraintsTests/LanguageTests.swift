import Constraints
import SafeIO
import Testing

/// Which texts are in and which are out, byte by byte.
@Suite struct LanguageTests {
  private func grammar(_ schema: String) throws -> CompiledGrammar {
    try CompiledGrammar.json(schemaText: schema, vocabulary: Fixture.bytes)
  }

  // Python 3.11: [bool(re.fullmatch(pattern, text)) for text in …]
  @Test(arguments: [
    ("a|bc", "a bc", "abc b"), ("(ab)*", "ab abab", "aba"), ("[^a-c]x?", "d dx", "a dxx"),
    (#"\d{2,3}"#, "12 123", "1 1234 1a"), ("a{2}b{1,}", "aab aabbb", "ab aa"),
    (#"[\w.]+@x"#, "a.b@x _@x", "@x a-b@x"),
    ("(?:a|ab)(c|bcd)?", "a ab abcd abbcd ac", "abc_ abcdd"),
    ("x*?y", "y xxy", "x"), (#"é\u00e8[😀-😂]"#, "éè😁", "éè😃 éè"), ("^a$", "a", "aa"),
    (#"\x41\."#, "A.", "Ab"), ("(a+)+b", "aaaab", "aaaa"),
    ("a.c", "abc a.c", "ac"),
  ]) func expressionsMatchWhole(pattern: String, good: String, bad: String) throws {
    let whole = try CompiledGrammar.regex(pattern, vocabulary: Fixture.bytes)
    for text in good.split(separator: " ") {
      #expect(CompiledGrammar.accepts(whole, String(text)), "\(pattern) should match \(text)")
    }
    for text in bad.split(separator: " ") {
      #expect(!CompiledGrammar.accepts(whole, String(text)), "\(pattern) should not match \(text)")
    }
  }

  @Test(arguments: [
    (-17, 1203), (0, 9), (10, 99), (-5, -5), (-120, -7), (99, 101), (0, 0), (-1, 1), (7, 1000),
  ]) func integerBoundsAreExact(low: Int, high: Int) throws {
    let closed = try grammar(#"{"type":"integer","minimum":\#(low),"maximum":\#(high)}"#)
    let open = try grammar(
      #"{"type":"integer","exclusiveMinimum":\#(low - 1),"exclusiveMaximum":\#(high + 1)}"#)

    for number in -1500...1500 {
      #expect(CompiledGrammar.accepts(closed, "\(number)") == (low...high).contains(number))
      #expect(CompiledGrammar.accepts(open, "\(number)") == (low...high).contains(number))
    }
    #expect(!CompiledGrammar.accepts(closed, "-0") && !CompiledGrammar.accepts(closed, "01"))
  }

  @Test func multiplesAreExact() throws {
    let grammar = try grammar(#"{"type":"integer","multipleOf":6,"minimum":-30}"#)

    for number in -100...400 {
      #expect(CompiledGrammar.accepts(grammar, "\(number)") == (number >= -30 && number % 6 == 0))
    }
  }

  @Test(arguments: [
    ("0.5", true), ("0.50", true), ("0.49", false), ("0.5000001", true), ("2.25", false),
    ("2.2499", true), ("2", true), ("3", false), ("-1", false), ("0", false), ("1e0", false),
  ]) func boundsOfNumbersCompareDigits(text: String, isInside: Bool) throws {
    let grammar = try grammar(#"{"type":"number","minimum":0.5,"exclusiveMaximum":2.25}"#)

    #expect(CompiledGrammar.accepts(grammar, text) == isInside)
  }

  @Test(arguments: [
    (#""ab""#, true), (#""é😀""#, true), (#""\u00e9\ud83d\ude00""#, true), (#""a""#, false),
    (#""abc""#, true), (#""abcd""#, false), (#""\n\"\\""#, true), (#""\ud83d""#, false),
    (#""\udc00ab""#, false), ("\"a\tb\"", false), (#""a\xb""#, false), (#""\u0041\/""#, true),
  ]) func lengthsCountCharactersThatAreMeant(text: String, isInside: Bool) throws {
    let grammar = try grammar(#"{"type":"string","minLength":2,"maxLength":3}"#)

    #expect(CompiledGrammar.accepts(grammar, text) == isInside)
  }

  @Test(arguments: [
    (#""é""#, true), (#""\u00E9""#, true), (#""\u00e8""#, false), (#""e""#, false),
    (#""éé""#, true),
    (#""😀""#, true), (#""\uD83D\uDE00""#, true), (#""\uD83D\uDE01""#, false),
  ]) func patternsSeeCharactersThatAreMeant(text: String, isInside: Bool) throws {
    let grammar = try grammar(#"{"type":"string","pattern":"^[é😀]+$"}"#)

    #expect(CompiledGrammar.accepts(grammar, text) == isInside)
  }

  @Test func stringsAreUTF8() throws {
    let grammar = try grammar(#"{"type":"string"}"#)
    func accepts(_ bytes: [UInt8]) -> Bool {
      var state = GrammarState(grammar)
      return ([0x22] + bytes + [0x22]).allSatisfy { state.advance(Int($0)) }
    }

    // CPython 3.11: bytes.decode("utf-8")
    #expect(
      accepts([0xC3, 0xA9]) && accepts([0xE2, 0x82, 0xAC]) && accepts([0xF0, 0x9F, 0x98, 0x80]))
    #expect(
      !accepts([0xC0, 0x80]) && !accepts([0xE0, 0x9F, 0x80]) && !accepts([0xED, 0xA0, 0x80]))
    #expect(!accepts([0xF4, 0x90, 0x80, 0x80]) && !accepts([0xF5]) && !accepts([0xC3]))
  }

  @Test func propertiesComeInTheOrderOfTheSchema() throws {
    let grammar = try grammar(
      #"{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"}},"required":["b"]}"#)

    #expect(CompiledGrammar.accepts(grammar, #"{"a":null,"b":null}"#))
    #expect(CompiledGrammar.accepts(grammar, #"{"b": null, "c": 1}"#))
    #expect(!CompiledGrammar.accepts(grammar, #"{"b":null,"a":null}"#))
    #expect(!CompiledGrammar.accepts(grammar, #"{"a":null}"#))
    #expect(!CompiledGrammar.accepts(grammar, #"{"b":null,"c":1,"c":2}"#))
    #expect(!CompiledGrammar.accepts(grammar, #"{ "b":null}"#))
    #expect(!CompiledGrammar.accepts(grammar, #"{"b":null,}"#))
  }

  @Test func keysDoNotRepeatInSpiteOfFewTokens() throws {
    let grammar = try grammar(
      #"{"type":"object","minProperties":70,"additionalProperties":{"type":"null"}}"#)
    var writer = RandomWriter(seed: 5)

    let written = writer.write(grammar, limit: grammar.minimalTokens)
    let text = try #require(written)

    #expect(try JSON(parsing: text).object?.count == 70)
  }

  /// A mask leaves out what would end a key that the object has, and nothing else.
  @Test(arguments: [nil, 40])
  func masksLeaveOutKeysThatAreThere(tokensLeft: Int?) throws {
    let more = [
      "c\"", "c\":1", "cc\"", "cd\"", "d\"", "\"c\"", "\"d\"", "\"\"", ",\"c\"", ",\"\":", ",\"e\"",
      ",\"c\":[{\"d\"",
    ]
    let vocabulary = TokenVocabulary(
      tokens: (0..<256).map { [UInt8($0)] } + more.map { Array($0.utf8) } + [Array("<end>".utf8)],
      endOfSequence: [256 + more.count])
    let grammar = try CompiledGrammar.json(
      schemaText: #"{"type":"object","additionalProperties":true}"#, vocabulary: vocabulary)
    func allowed(after text: String) -> [String] {
      var state = GrammarState(grammar)
      let isBeginning = text.utf8.allSatisfy { state.advance(Int($0)) }
      #expect(isBeginning)
      var mask = TokenMask(vocabularySize: vocabulary.count)
      state.fillMask(&mask, tokensLeft: tokensLeft)
      let tokens = (0..<more.count).filter { mask.contains(256 + $0) }
      for token in mask.allowed where token < 256 + more.count {
        var next = state
        let isTaken = next.advance(token)
        #expect(isTaken, "\(text) and token \(token)")
      }
      return tokens.map { more[$0] } + (mask.contains(0x22) ? ["\""] : [])
    }

    #expect(allowed(after: #"{"c":1,""#) == ["cc\"", "cd\"", "d\"", "\""])
    #expect(allowed(after: #"{"c":1,"c"#) == ["c\"", "c\":1", "cc\"", "cd\"", "d\""])
    #expect(allowed(after: #"{"cc":1,"c"#) == ["cc\"", "cd\"", "d\"", "\""])
    #expect(allowed(after: #"{"":1,"c":1,""#) == ["cc\"", "cd\"", "d\""])
    // No token opens a key and ends it.
    #expect(allowed(after: #"{"c":1,"#) == ["\""])
    #expect(allowed(after: #"{"c":1"#).isEmpty)
    // The keys of one object are not those of another.
    #expect(
      allowed(after: #"{"c":1,"d":{""#) == ["c\"", "c\":1", "cc\"", "cd\"", "d\"", "\""])
    #expect(allowed(after: #"{"d":{"c":1},""#) == ["c\"", "c\":1", "cc\"", "cd\"", "\""])
  }

  @Test(arguments: [
    ("date", "2024-02-29", "2023-02-29"), ("date", "1900-01-31", "1900-02-29"),
    ("time", "23:59:59Z", "24:00:00Z"), ("date-time", "2024-01-01T00:00:00.5+01:00", "2024-01-01"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
    ("ipv4", "255.0.10.1", "256.1.1.1"),
    ("email", "a.b@example.com", "a@b@c"), ("duration", "P1DT2H", "P"),
  ]) func formatsAreEnforced(format: String, good: String, bad: String) throws {
    let grammar = try grammar(#"{"type":"string","format":"\#(format)"}"#)

    #expect(CompiledGrammar.accepts(grammar, "\"\(good)\""))
    #expect(!CompiledGrammar.accepts(grammar, "\"\(bad)\""))
  }
}
