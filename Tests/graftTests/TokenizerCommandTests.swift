import Foundation
import SafeIO
import Testing

@Suite struct TokenizerCommandTests {
  private static let tokenizer = Fixture.root
    .appendingPathComponent("Tokenization/tokenizer-qwen2.json").path

  private func run(
    _ command: String, _ rows: [String], _ arguments: [String] = [], tokenizer: String = tokenizer
  ) throws -> CommandRunner.Outcome {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let input = scratch.url("rows.jsonl")
    try Data(rows.joined(separator: "\n").utf8).write(to: input)
    return try CommandRunner.run(
      ["tokenizer", command, "--tokenizer", tokenizer, "--input", "rows.jsonl"] + arguments,
      in: scratch.root)
  }

  /// The listed texts of `scripts/fixtures/tokenization_fixtures.py`, tokenizers 0.23.3.
  @Test func everyRowGetsTheIDsOfTheReference() throws {
    let file = Fixture.root.appendingPathComponent("Tokenization/cases-qwen2.json").path
    let cases = try #require(JSON(parsingFile: file)["cases"]?.array)
    let rows = cases.map { (["text": $0["text"] ?? nil] as JSON).serialized() }

    let outcome = try run("encode", rows, ["--json"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == cases.count)
    for (line, item) in zip(lines, cases) {
      #expect(try JSON(parsing: String(line))["ids"] == item["ids"])
    }
  }

  @Test func rowsBeforeABadOneAreWritten() throws {
    let outcome = try run("encode", [#""good""#, "3"], ["--json"])

    #expect(outcome.exitCode != 0)
    #expect(outcome.output.split(separator: "\n").first?.hasPrefix(#"{"ids":["#) == true)
  }

  @Test func decodingGivesTheTextBack() throws {
    let texts = [#""plain\ntext""#, #"{"text":"naïve 東京 👩‍👧 it's","id":7}"#, #""""#]

    let encoded = try run("encode", texts, ["--json"])
    let rows = encoded.output.split(separator: "\n").map(String.init)
    let decoded = try run("decode", rows, ["--json"])

    #expect(encoded.error.isEmpty && decoded.error.isEmpty)
    #expect(
      decoded.output
        == #"""
        {"text":"plain\ntext"}
        {"text":"naïve 東京 👩‍👧 it's"}
        {"text":""}

        """#)
  }

  @Test func withoutJSONNumbersAndTextStandAlone() throws {
    let encoded = try run("encode", [#"{"prompt":"the"}"#], ["--field", "prompt"])
    let ids = encoded.output.split(whereSeparator: \.isWhitespace).joined(separator: ",")
    let decoded = try run("decode", ["[\(ids)]"])

    #expect(decoded.output == "the\n")
  }

  @Test func controlTokensInTextAreTextUnlessAskedFor() throws {
    let row = [#""<|im_end|>""#]

    let plain = try run("encode", row)
    let special = try run("encode", row, ["--special"])

    #expect(plain.output.split(separator: " ").count > 1)
    #expect(special.output.split(separator: " ").count == 1)
  }

  @Test(arguments: [
    ("encode", #"{"texts":"x"}"#, "error[DATA.ROW]: rows.jsonl:2: expected a string, or an object"),
    ("encode", #"{"text""#, "error[DATA.ROW]: rows.jsonl:2:8: "),
    ("decode", "[1,true]", "error[DATA.ROW]: rows.jsonl:2: expected an array of integers"),
    ("decode", "[1,999999]", "error[DATA.ID]: rows.jsonl:2: the tokenizer has no token 999999"),
    ("decode", "[-1]", "error[DATA.ID]: rows.jsonl:2: the tokenizer has no token -1"),
  ])
  func rowsOfAnotherFormAreRefusedWithTheirLine(command: String, row: String, message: String)
    throws
  {
    let good = command == "encode" ? #""x""# : "[1]"

    let outcome = try run(command, [good, row])

    #expect(outcome.exitCode == 4)
    #expect(outcome.error.hasPrefix(message), "\(outcome.error)")
  }

  @Test func modelsWithoutTokenizerAreRefused() throws {
    let outcome = try run("encode", [#""x""#], tokenizer: GenerateCommandTests.withoutTokenizer)

    #expect(outcome.exitCode == 3 || outcome.exitCode == 6, "\(outcome.error)")
  }
}
