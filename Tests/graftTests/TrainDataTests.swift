import Foundation
import SafeIO
import Testing

/// How `graft train` treats its rows: the check before it, the rows held back, several sources.
@Suite struct TrainDataTests {
  private let model = Fixture.model("llama-bpe-tied/model-q8_0.gguf")

  private func rows(_ scratch: ScratchDirectory, _ name: String, _ lines: [String]) throws -> String
  {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: scratch.url(name))
    return scratch.url(name).path()
  }

  private func lines(_ word: String, _ count: Int) -> [String] {
    (0..<count).map { #"{"instruction":"say \#(word) \#($0)","output":"it is \#($0)!"}"# }
  }

  private func train(_ scratch: ScratchDirectory, _ flags: [String]) throws
    -> CommandRunner.Outcome
  {
    try CommandRunner.run(
      [
        "train", "--model", model, "--output", scratch.url("run").path(), "--steps", "1", "--json",
      ] + flags)
  }

  private func run(_ scratch: ScratchDirectory) throws -> JSON {
    try JSON(
      parsing: InputFile.contents(of: scratch.url("run/run.json").path(), maxBytes: 1 << 20))
  }

  @Test func theReceiptIsKeptWithTheAdapter() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch, "a.jsonl", lines("a", 20))

    let outcome = try train(scratch, ["--data", data, "--valid-split", "0.25"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.error.contains("15 alpaca rows (instruction and input as one user message)"))
    let manifest = try JSON(
      parsing: InputFile.contents(
        of: scratch.url("run/adapter/graft.json").path(), maxBytes: 1 << 20))
    let checked = try Fixture.json([
      "data", "check", data, "--model", model, "--valid-split", "0.25",
    ])
    for json in [try run(scratch), manifest] {
      #expect(json["receipt"]?["splits"]?["train"]?["account"]?["rows"]?.int == 15)
      #expect(json["receipt"]?["splits"]?["valid"]?["account"]?["rows"]?.int == 5)
      #expect(json["receipt"]?["splits"] == checked["splits"])
    }
    #expect(try run(scratch)["settings"]?["valid-split"]?.double == 0.25)
    #expect(try run(scratch)["summary"]?["valid_loss"]?.double != nil)
  }

  @Test func sourcesAreMixedByWeight() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let (a, b) = (
      try rows(scratch, "a.jsonl", lines("a", 10)), try rows(scratch, "b.jsonl", lines("b", 8))
    )

    let outcome = try train(scratch, ["--data", "\(a)=2.5", "--data", "\(b)=0.5"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let receipt = try #require(try run(scratch)["receipt"])
    #expect(receipt["rows_per_epoch"]?.int == 25 + 4)
    #expect(receipt["splits"]?["train"]?["account"]?["rows"]?.int == 18)
    #expect(receipt["sources"]?.array?.map { $0["weight"]?.double } == [2.5, 0.5])
  }

  @Test func typedSourcesTakeThePlaceOfTheFilesOnes() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let (a, b, c) = (
      try rows(scratch, "a.jsonl", lines("a", 5)), try rows(scratch, "b.jsonl", lines("b", 6)),
      try rows(scratch, "c.jsonl", lines("c", 7))
    )
    try Data("data:\n  - \(a)\n  - \(b)\n".utf8).write(to: scratch.url("run.yaml"))
    let config = ["--config", scratch.url("run.yaml").path()]

    let file = try train(scratch, config)
    #expect(file.exitCode == 0, "\(file.error)")
    #expect(try run(scratch)["account"]?["rows"]?.int == 11)
    try FileManager.default.removeItem(at: scratch.url("run"))
    let typed = try train(scratch, config + ["--data", c])
    #expect(typed.exitCode == 0, "\(typed.error)")
    #expect(try run(scratch)["account"]?["rows"]?.int == 7)
  }

  @Test func rowsThatCannotBeLearntAreRefusedByName() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let pair = try rows(
      scratch, "a.jsonl", [#"{"prompt":"a","chosen":"b","rejected":"c"}"#])
    let good = try rows(scratch, "b.jsonl", lines("b", 4))

    let preference = try train(scratch, ["--data", pair])
    let weight = try train(scratch, ["--data", "\(good)=0"])
    let twice = try train(scratch, ["--data", good, "--data", good])
    let short = try train(scratch, ["--data", good, "--max-length", "4", "--overlong", "truncate"])

    #expect(preference.exitCode == 4 && preference.error.contains("a preference row cannot be"))
    #expect(preference.error.contains("DPO, ORPO"))
    #expect(weight.exitCode == 2 && weight.error.contains("must be above 0, at most 1000, got '0'"))
    #expect(twice.exitCode == 2 && twice.error.contains("named twice"))
    #expect(short.exitCode == 4 && short.error.contains("DATA.EMPTY"), "\(short.error)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }
}
