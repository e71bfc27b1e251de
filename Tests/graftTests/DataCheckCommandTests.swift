import Foundation
import SafeIO
import Testing

@Suite struct DataCheckCommandTests {
  private let model = Fixture.model("llama-bpe-tied/model-q8_0.gguf")

  private func check(
    _ rows: [String], _ flags: [String] = [], environment: [String: String] = [:]
  ) throws -> CommandRunner.Outcome {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: scratch.url("rows.jsonl"))
    return try CommandRunner.run(
      ["data", "check", "rows.jsonl", "--model", model] + flags, in: scratch.root,
      environment: environment)
  }

  private let good = (0..<20).map { #"{"prompt":"say \#($0)","completion":"it is \#($0)"}"# }

  @Test func theReceiptAddsUp() throws {
    let outcome = try check(good, ["--json"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let account = try #require(JSON(parsing: outcome.output)["splits"]?["train"]?["account"])
    func count(_ key: String) -> Int { account[key]?.int ?? -1 }
    let columns = ["supervised", "prompt", "template", "padding", "truncated", "dropped"]
    #expect(
      columns.reduce(0) { $0 + count("\($1)_tokens") } == count("total_tokens")
        && count("total_tokens") > 200)
    #expect(columns.allSatisfy { count("\($0)_tokens") >= 0 })
    #expect(count("examples_that_stop") == 20)
    #expect(account["prompt_completion"]?.string == "chat_template")
  }

  @Test func peopleAreToldTheSame() throws {
    let outcome = try check(good + [good[0]], ["--valid-split", "0.2"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    for text in [
      "Loss receipt", "supervised", "Nothing is padded", "21",
      "prompt rows through the chat template",
      "valid rows that train has too: 0 exact", "Length of train rows", "█",
    ] {
      #expect(outcome.output.contains(text), "\(text)\n\(outcome.output)")
    }
  }

  @Test func everyBadRowIsListedUpToTheLimit() throws {
    let bad = [#"{"prompt":"a"}"#, #"{"text": 1}"#, #"{"prompt":"a","completion":""}"#]

    let all = try check(bad + good)
    let two = try check(bad + good, ["--max-errors", "2"])
    let json = try check(bad + good, ["--json"])

    #expect(all.exitCode == 4 && two.exitCode == 4 && json.exitCode == 4)
    for text in [
      "rows.jsonl:1:1: expected a key 'completion', found none [DATA.SCHEMA]",
      "rows.jsonl:2:10: text: expected a string, found 1 [DATA.SCHEMA]",
      "rows.jsonl:3:1: nothing to learn from this row: every answer is empty [DATA.NOSIGNAL]",
    ] {
      #expect(all.output.contains(text), "\(all.output)")
    }
    #expect(all.error.hasPrefix("error[DATA.SCHEMA]: rows.jsonl:1:1: "))
    #expect(two.output.contains("rows.jsonl: 1 more"), "\(two.output)")
    #expect(!two.output.contains("rows.jsonl:3:1"))
    let object = try JSON(parsing: json.output)
    #expect(object["splits"]?["train"]?["problems"]?.array?.count == 3)
    #expect(object["error"]?["exit_code"]?.int == 4)
  }

  @Test func masksHaveBracketsWhereThereIsNoColour() throws {
    let hostile = #"{"prompt":"a\u001b[31mb","completion":"it is 1"}"#

    let outcome = try check([hostile], ["--show-mask", "1"], environment: ["NO_COLOR": "1"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.output.contains("⟦it is 1"), "\(outcome.output)")
    #expect(outcome.output.contains("a\\u{1b}[31mb"), "\(outcome.output)")
    #expect(!outcome.output.contains("\u{1B}"))
  }

  @Test func rawCompletionsAndTheLimitChangeTheReceipt() throws {
    func account(_ flags: [String]) throws -> JSON {
      let outcome = try check(good, ["--json"] + flags)
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      return try #require(JSON(parsing: outcome.output)["account"])
    }

    let raw = try account(["--raw-completions"])
    let cut = try account(["--max-length", "42", "--overlong", "truncate"])

    #expect(raw["template_tokens"]?.int == 0 || raw["template_tokens"]?.int == 20)
    #expect(raw["prompt_completion"]?.string == "raw")
    #expect((cut["truncated_tokens"]?.int ?? 0) + (cut["dropped_tokens"]?.int ?? 0) > 0)
  }

  @Test func sharedRowsCanBeForbidden() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    try Data(good.joined(separator: "\n").utf8).write(to: scratch.url("train.jsonl"))
    try Data(good[3].utf8).write(to: scratch.url("test.jsonl"))
    let arguments = ["data", "check", ".", "--model", model]

    let told = try CommandRunner.run(arguments, in: scratch.root)
    let refused = try CommandRunner.run(arguments + ["--forbid-leak"], in: scratch.root)

    #expect(told.exitCode == 0, "\(told.error)")
    #expect(told.output.contains("train:4 = test:1"), "\(told.output)")
    #expect(refused.exitCode == 4 && refused.error.contains("error[DATA.LEAK]: 1 rows of test"))
  }

  @Test(arguments: [
    (["--max-length", "1"], "--max-length must be from 2"),
    (["--valid-split", "1"], "--valid-split must be above 0 and below 1"),
    (["--max-errors", "0"], "--max-errors must be from 1"),
    (["--show-mask", "-1"], "--show-mask must be from 0"),
  ])
  func wrongFlagsAreRefused(_ flags: [String], _ message: String) throws {
    let outcome = try check(good, flags)

    #expect(outcome.exitCode == 2 && outcome.error.contains(message), "\(outcome.error)")
  }

  @Test func codeBecomesRowsThatTheCheckTakes() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let source = scratch.url("source").path
    for index in 0..<40 {
      let file = try scratch.touch("source/m\(index).py")
      let text = "def f\(index)(a):\n  b = a + \(index)\n  c = b * 2\n  return c\n"
      try Data(text.utf8).write(to: URL(filePath: file))
    }
    try scratch.touch("empty/notes.txt")
    let rows = scratch.url("rows").path

    let made = try Fixture.json(["data", "code", source, "--output", rows, "--seed", "1"])
    let checked = try Fixture.json([
      "data", "check", rows, "--model", model, "--raw-completions",
    ])
    let again = try CommandRunner.run(["data", "code", source, "--output", scratch.url("b").path])
    let none = try CommandRunner.run([
      "data", "code", scratch.url("empty").path, "--output", scratch.url("c").path,
    ])

    let count = made["splits"]?["train"]?["rows"]?.int ?? 0
    #expect(count > 20 && count <= 40)
    #expect(checked["splits"]?["train"]?["account"]?["rows"]?.int == count)
    #expect(again.exitCode == 0 && again.output.contains("Languages: Python"), "\(again.error)")
    #expect(none.exitCode == 4 && none.error.contains("DATA.EMPTY"), "\(none.error)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("c").path))
  }
}
