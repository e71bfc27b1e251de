import SafeIO
import TestSupport
import Testing

@Suite struct JSONParsingTests {
  @Test func valuesOfEveryKindAreRead() throws {
    let json = try JSON(parsing: #" {"a":[null,true,false,-12,0.5,1e3,"x"],"b":{}} "#)

    #expect(json == ["a": [nil, true, false, -12, 0.5, .init(1000.0), "x"], "b": [:]])
    #expect(json["a"]?.array?[3].int == -12)
    #expect(json["a"]?.array?[5].int == nil)
    #expect(json["a"]?.array?[5].double == 1000)
    #expect(json["a"]?.array?[0].isNull == true)
    #expect(json["c"] == nil)
  }

  @Test func positionsAreLinesAndCharacters() throws {
    let json = try JSON(parsing: "{\n  \"é\": 1,\n  \"zwölf\": [\n10, 11]}")

    #expect(json["é"]?.position == TextPosition(line: 2, column: 8, byteOffset: 10))
    let eleven = try #require(json["zwölf"]?.array?[1])
    #expect(eleven.position == TextPosition(line: 4, column: 5, byteOffset: 31))
  }

  @Test func membersKeepTheirOrder() throws {
    let text = "{" + (0..<100).reversed().map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"

    let object = try #require(try JSON(parsing: text).object)

    #expect(object.keys == (0..<100).reversed().map { "k\($0)" })
    #expect(object.map { $0.value.int ?? -1 } == Array((0..<100).reversed()))
    #expect(object["k37"]?.int == 37)
    #expect(object["k100"] == nil)
  }

  @Test(arguments: [
    (#"{"a":1,"a":2}"#, "JSON.DUPLICATE", 7),
    (#"{"a":1,"\u0061":2}"#, "JSON.DUPLICATE", 7),
    ("", "JSON.SYNTAX", 0),
    ("[1,]", "JSON.SYNTAX", 3),
    ("[1 2]", "JSON.SYNTAX", 3),
    ("{\"a\" 1}", "JSON.SYNTAX", 5),
    ("{a:1}", "JSON.SYNTAX", 1),
    ("nul", "JSON.SYNTAX", 3),
    ("NaN", "JSON.SYNTAX", 0),
    ("01", "JSON.SYNTAX", 0),
    ("1.", "JSON.SYNTAX", 0),
    ("-", "JSON.SYNTAX", 0),
    ("+1", "JSON.SYNTAX", 0),
    ("1e999", "JSON.SYNTAX", 0),
    ("1 2", "JSON.SYNTAX", 2),
    (#""\ud800""#, "JSON.UTF8", 1),
    (#""\udc00\ud800""#, "JSON.UTF8", 1),
    (#""\ud83dx""#, "JSON.UTF8", 1),
    (#""\x""#, "JSON.SYNTAX", 1),
    (#""\u00g0""#, "JSON.SYNTAX", 1),
    ("\"a\nb\"", "JSON.SYNTAX", 2),
    ("\"open", "JSON.SYNTAX", 5),
  ])
  func malformedTextIsRefusedWithItsPlace(text: String, code: String, offset: Int) {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }

    #expect(error?.code == code)
    #expect(error?.position.byteOffset == offset)
  }

  @Test(arguments: [
    [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xFF],
    [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0x80],
  ])
  func bytesThatAreNotUTF8AreRefusedWithTheirPlace(bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) {
      try JSON(parsing: Array("[\"ab".utf8) + bytes + Array("\"]".utf8))
    }

    #expect(error?.code == "JSON.UTF8")
    #expect(error?.position.byteOffset == 4)
  }

  @Test func depthAndSizeAreLimited() {
    let deep = String(repeating: "[", count: 100_000)

    #expect(throws: JSONError(.tooDeep(limit: 64), at: .init(line: 1, column: 65, byteOffset: 64)))
    {
      try JSON(parsing: deep)
    }
    let error = #expect(throws: JSONError.self) {
      try JSON(parsing: Array("[1,2,3]".utf8), limits: .init(bytes: 6))
    }
    #expect(error?.code == "JSON.SIZE")
    #expect(
      throws: JSONError(.tooManyValues(limit: 3), at: .init(line: 1, column: 6, byteOffset: 5))
    ) {
      try JSON(parsing: Array("[1,2,3]".utf8), limits: .init(values: 3))
    }
  }

  @Test func integersBeyondIntBecomeNumbers() throws {
    #expect(try JSON(parsing: "9223372036854775807").int == .max)
    #expect(try JSON(parsing: "-9223372036854775808").int == .min)
    #expect(try JSON(parsing: "9223372036854775808").kind == .largeInteger("9223372036854775808"))
    #expect(try JSON(parsing: "-9223372036854775809").int == nil)
  }

  @Test func byteOrderMarkAndEscapesAreUnderstood() throws {
    let text = "\u{FEFF}\"\\ud83d\\ude00 \\n\\/\\\"\\u00e9\""

    #expect(try JSON(parsing: text).string == "😀 \n/\"é")
  }

  @Test func canonicallyEquivalentKeysAreDifferentKeys() throws {
    let json = try JSON(parsing: "{\"\u{E9}\": 1, \"e\u{301}\": 2}")

    #expect(json["\u{E9}"]?.int == 1)
    #expect(json["e\u{301}"]?.int == 2)
    #expect(JSON("\u{E9}") != JSON("e\u{301}"))
  }

  @Test func aVocabularyOfManyKeysIsReadInLinearTime() throws {
    let text = "{" + (0..<150_000).map { "\"token\($0)\": \($0)" }.joined(separator: ",") + "}"
    let bytes = Array(text.utf8)

    var json: JSON = nil
    let time = try CPUTime.measure { json = try JSON(parsing: bytes) }

    #expect(json["token149999"]?.int == 149_999)
    #expect(time < .seconds(2), "quadratic lookup takes minutes")
  }
}
