import Foundation
import SafeIO
import Testing

/// On models of random weights: what they say means nothing, but it is always the same.
@Suite struct GenerateCommandTests {
  static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/Models").path
  static let tied = "\(models)/llama-bpe-tied"
  static let withoutTokenizer = "\(models)/llama-tied"

  private func generate(_ arguments: [String], model: String = Self.tied) throws
    -> CommandRunner.Outcome
  {
    try CommandRunner.run(["generate", "--model", model] + arguments)
  }

  private func json(_ outcome: CommandRunner.Outcome) throws -> JSON {
    try JSON(parsing: outcome.output)
  }

  /// Runs `body` with a file of these lines and the path of an output file.
  private func withRows(
    _ lines: [String], _ body: (_ input: String, _ output: String) throws -> Void
  )
    throws
  {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let input = scratch.url("in.jsonl")
    try Data(lines.joined(separator: "\n").utf8).write(to: input)
    try body(input.path, scratch.url("out.jsonl").path)
  }

  @Test func oneAnswerIsOneObject() throws {
    let outcome = try generate([
      "--prompt", "hello", "--max-tokens", "5", "--seed", "7", "--json",
    ])

    let answer = try json(outcome)
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.error.isEmpty)
    #expect(answer["text"]?.string != nil)
    #expect(["stop", "length"].contains(answer["finish_reason"]?.string))
    #expect(answer["seed"]?.int == 7)
    #expect((1...5).contains(answer["completion_tokens"]?.int ?? 0))
    for key in ["seconds", "tokens_per_second"] { #expect((answer[key]?.double ?? 0) > 0) }
    #expect((answer["prompt_tokens"]?.int ?? 0) > 5)
  }

  @Test func streamedTextIsTheAnswer() throws {
    let sampling = ["--prompt", "hello", "--max-tokens", "20", "--temperature", "1", "--seed", "1"]

    let streamed = try generate(sampling)
    let whole = try generate(sampling + ["--no-stream"])
    let object = try json(try generate(sampling + ["--json"]))

    #expect(streamed.output == whole.output)
    #expect(streamed.output == (object["text"]?.string ?? "") + "\n")
    #expect(streamed.error.contains("tokens/s"))
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    let texts = try ["1", "2", "4"].map { threads in
      try json(
        try generate([
          "--prompt", "hello", "--max-tokens", "40", "--temperature", "1.5", "--seed", "3",
          "--threads", threads, "--json",
        ]))["text"]?.string
    }

    #expect(texts[0] != nil)
    #expect(texts[1] == texts[0])
    #expect(texts[2] == texts[0])
  }

  @Test func rowsKeepTheirKeysAndTheirOrder() throws {
    let lines = [
      #"{"id":"a","prompt":"hello"}"#,
      #"{"id":"b","messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"x"}]}"#,
      #"{"id":"c","input_ids":[5,6,7],"labels":[1]}"#,
    ]
    try withRows(lines) { input, output in
      let outcome = try generate([
        "--input", input, "--output", output, "--max-tokens", "6", "--json", "--quiet",
      ])

      let rows = try String(contentsOfFile: output, encoding: .utf8)
        .split(separator: "\n").map { try JSON(parsing: String($0)) }
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      #expect(try json(outcome)["completed"]?.int == 3)
      #expect(rows.map { $0["id"]?.string } == ["a", "b", "c"])
      // What the assistant said is to be generated, so both are the same conversation.
      #expect(rows[0]["tokens"] == rows[1]["tokens"])
      #expect(rows[1]["messages"]?.array?.count == 2)
      #expect(rows[2]["labels"]?.array?.count == 1)
      for row in rows {
        #expect(row["completion"]?.string != nil)
        #expect(row["finish_reason"]?.string != nil)
      }
    }
  }

  @Test func aRunThatWasStoppedGoesOnFromItsJournal() throws {
    let lines = (0..<6).map { #"{"id":\#($0),"input_ids":[5,6,\#($0 + 7)]}"# }
    try withRows(lines) { input, output in
      let files = FileManager.default
      let arguments = [
        "--input", input, "--output", output, "--max-tokens", "6", "--temperature", "1",
      ]
      _ = try generate(arguments + ["--seed", "3"])
      let whole = try String(contentsOfFile: output, encoding: .utf8)
      try files.removeItem(atPath: output)
      // With a directory in the way, all rows are finished and the output cannot be written.
      try files.createDirectory(atPath: output, withIntermediateDirectories: false)
      let blocked = try generate(arguments + ["--seed", "3"])
      try files.removeItem(atPath: output)
      let journal = output + ".partial"
      let kept = try String(contentsOfFile: journal, encoding: .utf8)
        .split(separator: "\n", omittingEmptySubsequences: false)
      // The settings, three rows, and half a line: the process may have been killed while it wrote.
      let torn = kept.prefix(4).joined(separator: "\n") + "\n" + kept[4].prefix(9)
      try Data(torn.utf8).write(to: URL(fileURLWithPath: journal))

      let other = try generate(arguments + ["--seed", "4"])
      let resumed = try generate(arguments)

      #expect(blocked.exitCode != 0 && kept.count == 8)
      #expect(other.exitCode == 2)
      #expect(
        other.error.contains("error[CFG.RESUME]: \(journal): was left by a run with another seed"))
      #expect(resumed.exitCode == 0, "\(resumed.error)")
      #expect(resumed.error.contains("3 of 6 rows are there"), "\(resumed.error)")
      #expect(try String(contentsOfFile: output, encoding: .utf8) == whole)
      #expect(!files.fileExists(atPath: journal))
    }
  }

  @Test func rowsWithoutATokenizerHaveTokens() throws {
    try withRows([#"{"input_ids":[5,6,7]}"#]) { input, output in
      let outcome = try generate(
        ["--input", input, "--output", output, "--max-tokens", "3"], model: Self.withoutTokenizer)

      let row = try JSON(parsing: try String(contentsOfFile: output, encoding: .utf8))
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      #expect((1...3).contains(row["tokens"]?.array?.count ?? 0))
    }
  }

  @Test(arguments: [
    (#"{"prompt":5}"#, "2:11: prompt: expected a string, found an integer"),
    (#"{"text":"x"}"#, "2:1: expected a key messages, prompt or input_ids"),
    (#"{"prompt":"x","input_ids":[1]}"#, "2:1: has prompt and input_ids, expected one of them"),
    (#"{"input_ids":[1,2.5]}"#, "2:17: input_ids: expected integers, found a number"),
    (#"{"input_ids":[320]}"#, "2: token id 320 is not below the vocabulary's size, 320"),
    (#"{"messages":[]}"#, "2:13: messages: expected an array of messages"),
    (#"{"messages":[{"role":"assistant","content":"x"}]}"#, "2:13: messages: nothing before"),
    (#"{"prompt""#, "2:10: "),
  ])
  func aRowThatIsNoneIsNamedAndNothingIsWritten(_ line: String, _ message: String) throws {
    try withRows([#"{"prompt":"x"}"#, line]) { input, output in
      let outcome = try generate(["--input", input, "--output", output])

      #expect(outcome.exitCode == 4)
      #expect(outcome.error.hasPrefix("error[DATA.ROW]: \(input):\(message)"), "\(outcome.error)")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  @Test func aPromptLongerThanTheContextIsRefusedWithBothNumbers() throws {
    let outcome = try generate(["--prompt", String(repeating: "hello ", count: 200)])

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.contains("error[GEN.CONTEXT]: the prompt has "), "\(outcome.error)")
    #expect(outcome.error.contains("context of 128"))
    #expect(outcome.output.isEmpty)
  }

  @Test func aModelThatIsNotThereIsAModelError() throws {
    let outcome = try generate(["--prompt", "x"], model: "no-such-model")

    #expect(outcome.exitCode == 3)
    #expect(outcome.error.hasPrefix("error[MODEL.NOT_FOUND]: no model 'no-such-model'"))
  }

  @Test func textNeedsATokenizer() throws {
    let outcome = try generate(["--prompt", "x"], model: Self.withoutTokenizer)

    #expect(outcome.exitCode == 3)
    #expect(
      outcome.error.hasPrefix("error[MODEL.TOKENIZER]: the model has no tokenizer"),
      "\(outcome.error)")
  }

  @Test(arguments: [
    (
      ["--prompt", "x", "--temperature", "nan"], "--temperature must be from 0.0 to 100.0, got nan"
    ),
    (["--prompt", "x", "--top-p", "0"], "--top-p must be above 0 and at most 1, got 0.0"),
    (["--prompt", "x", "--top-k", "0"], "--top-k must be at least 1, got 0"),
    (["--prompt", "x", "--max-tokens", "0"], "--max-tokens must be at least 1, got 0"),
    (["--prompt", "x", "--threads", "300"], "--threads must be from 1 to 256, got 300"),
    (["--prompt", "x", "--batch-size", "0"], "--batch-size must be from 1 to 256, got 0"),
    (["--prompt", "x", "--input", "y"], "--prompt and --input exclude each other"),
    (["--input", "y"], "--input needs --output"),
    (["--prompt", "x", "--force-base"], "--force-base needs --adapter"),
    ([], "One of --prompt, --prompt-file and --input is needed"),
    (["--prompt", "x", "--temprature", "1"], "Unknown option '--temprature'"),
  ])
  func aFlagThatIsWrongIsNamed(_ arguments: [String], _ message: String) throws {
    let outcome = try generate(arguments)

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.contains(message), "\(outcome.error)")
    #expect(outcome.output.isEmpty)
  }

  @Test func anAdapterChangesTheAnswerAndItsMissingBaseIsMentioned() throws {
    try withRows([#"{"input_ids":[5,6,7]}"#]) { input, output in
      let arguments = ["--input", input, "--output", output, "--max-tokens", "8", "--quiet"]
      let model = Self.withoutTokenizer
      _ = try generate(arguments, model: model)
      let base = try String(contentsOfFile: output, encoding: .utf8)

      let outcome = try generate(arguments + ["--adapter", "\(model)/adapter"], model: model)

      #expect(outcome.exitCode == 0, "\(outcome.error)")
      #expect(outcome.error.contains("warning: \(model)/adapter: base not verified"))
      #expect(try String(contentsOfFile: output, encoding: .utf8) != base)
    }
  }

  @Test func anAdapterOfAnotherBaseIsRefusedUnlessForced() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let adapter = scratch.url("adapter")
    try FileManager.default.copyItem(
      atPath: "\(Self.withoutTokenizer)/adapter", toPath: adapter.path)
    let hash = String(repeating: "0", count: 64)
    try Data(#"{"format":1,"base_weights_sha256":"\#(hash)"}"#.utf8)
      .write(to: adapter.appendingPathComponent("graft.json"))
    try withRows([#"{"input_ids":[5]}"#]) { input, output in
      let arguments = [
        "--input", input, "--output", output, "--max-tokens", "2", "--adapter", adapter.path,
      ]

      let refused = try generate(arguments, model: Self.withoutTokenizer)
      let forced = try generate(arguments + ["--force-base"], model: Self.withoutTokenizer)

      #expect(refused.exitCode == 3)
      #expect(refused.error.hasPrefix("error[ADP.BASE]: "), "\(refused.error)")
      #expect(forced.exitCode == 0, "\(forced.error)")
    }
  }

  @Test func rawTextIsContinuedWithoutTheTemplate() throws {
    let arguments = ["--prompt", "hello", "--max-tokens", "1", "--json"]

    let chat = try json(try generate(arguments))
    let raw = try json(try generate(arguments + ["--raw"]))

    #expect((raw["prompt_tokens"]?.int ?? 0) < (chat["prompt_tokens"]?.int ?? 0))
    #expect((raw["prompt_tokens"]?.int ?? 0) >= 1)
  }
}
