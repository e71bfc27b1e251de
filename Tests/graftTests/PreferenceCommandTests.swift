import Foundation
import SafeIO
import Testing

/// `graft train --loss dpo` and `orpo`: from rows with two answers to an adapter, and on from where it stopped.
@Suite struct PreferenceCommandTests {
  private let model = Fixture.model("llama-bpe-tied/model-q8_0.gguf")

  private func rows(_ scratch: ScratchDirectory, _ name: String, _ lines: [String]) throws -> String
  {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: scratch.url(name))
    return scratch.url(name).path()
  }

  private func pairs(_ count: Int) -> [String] {
    (0..<count).map { #"{"prompt":"say \#($0)","chosen":"it is \#($0)!","rejected":"no"}"# }
  }

  private func train(_ scratch: ScratchDirectory, _ flags: [String]) throws
    -> CommandRunner.Outcome
  {
    try CommandRunner.run(
      ["train", "--model", model, "--output", scratch.url("run").path(), "--json"] + flags)
  }

  private func metrics(_ scratch: ScratchDirectory) throws -> [JSON] {
    try String(contentsOf: scratch.url("run/metrics.jsonl"), encoding: .utf8)
      .split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
  }

  @Test(arguments: ["dpo", "orpo"]) func pairsAreLearntFromAndReported(_ loss: String) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch, "a.jsonl", pairs(20))

    let outcome = try train(
      scratch,
      [
        "--data", data, "--loss", loss, "--steps", "8", "--valid-split", "0.2", "--eval-every", "4",
        "--learning-rate", "1e-2", "--batch-size", "4",
      ])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.error.contains("16 an epoch, 4 to validate on"))
    let steps = try metrics(scratch)
    #expect(steps.count == 8)
    for step in steps {
      let (chosen, rejected) = (step["rewards/chosen"]?.double, step["rewards/rejected"]?.double)
      let margin = try #require(step["rewards/margins"]?.double)
      #expect(abs(try #require(chosen) - #require(rejected) - margin) < 1e-9)
      #expect((0...1).contains(try #require(step["rewards/accuracies"]?.double)))
    }
    #expect(steps.filter { $0["valid_rewards/margins"] != nil }.count == 2)
    let (first, last) = (try #require(steps.first), try #require(steps.last))
    #expect(
      try #require(last["rewards/margins"]?.double) > #require(first["rewards/margins"]?.double))
    if loss == "dpo" {
      // A new adapter is the reference: log 2.
      #expect(abs(try #require(first["loss"]?.double) - 0.693147) < 1e-4)
    } else {
      #expect(first["nll_loss"]?.double != nil)
    }
    let run = try JSON(
      parsing: InputFile.contents(of: scratch.url("run/run.json").path(), maxBytes: 1 << 20))
    #expect(run["settings"]?["loss"]?.string == loss)
    #expect(run["settings"]?["beta"]?.double == 0.1)
    #expect(run["receipt"]?["rows_per_epoch"]?.int == 16)
    let account = try #require(run["account"])
    #expect(account["formats"]?["preference"]?.int == 16 && account["examples"]?.int == 16)
    #expect(FileManager.default.fileExists(atPath: scratch.url("run/best").path()))
  }

  /// A pair is one row, wherever rows are counted.
  @Test func pairsAreCountedOnce() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch, "a.jsonl", pairs(20))

    let outcome = try train(
      scratch,
      [
        "--data", data, "--loss", "dpo", "--epochs", "1", "--valid-split", "0.2", "--batch-size",
        "4",
        "--warmup-ratio", "0.5", "--sample-tokens", "4",
      ])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.error.contains("a turn's end in 16 rows"), "\(outcome.error)")
    let run = try JSON(
      parsing: InputFile.contents(of: scratch.url("run/run.json").path(), maxBytes: 1 << 20))
    // 16 rows are 4 steps.
    #expect(run["settings"]?["warmup"]?.int == 2)
    let card = try String(contentsOf: scratch.url("run/adapter/README.md"), encoding: .utf8)
    #expect(card.contains("| validation loss, 4 rows |"), "\(card)")
    #expect(card.contains("| a turn's end is learnt in | 16 rows |"), "\(card)")
    let samples = try String(contentsOf: scratch.url("run/samples.jsonl"), encoding: .utf8)
      .split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    #expect(Set(samples.map { $0["prompt"]?.string }).count == 2, "\(samples)")
    #expect(samples.allSatisfy { $0["expected"]?.string?.hasPrefix("it is") == true })
  }

  @Test func rowsOfAnotherKindAreRefusedWithWhatToDo() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let answers = try rows(scratch, "a.jsonl", [#"{"prompt":"a","completion":"b"}"#])
    let judged = try rows(scratch, "b.jsonl", [#"{"prompt":"a","completion":"b","label":true}"#])
    let good = try rows(scratch, "c.jsonl", pairs(4))

    let single = try train(scratch, ["--data", answers, "--loss", "dpo", "--steps", "1"])
    let label = try train(scratch, ["--data", judged, "--loss", "orpo", "--steps", "1"])
    let full = try train(
      scratch, ["--data", good, "--loss", "dpo", "--method", "full", "--steps", "1"])
    let beta = try train(scratch, ["--data", good, "--beta", "0.2", "--steps", "1"])
    let smoothing = try train(
      scratch, ["--data", good, "--loss", "dpo", "--label-smoothing", "0.5", "--steps", "1"])
    let order = try train(
      scratch,
      ["--data", good, "--loss", "dpo", "--batching", "grouped", "--no-shuffle", "--steps", "1"])

    #expect(single.exitCode == 4)
    #expect(single.error.contains("a row without a chosen and a rejected answer cannot be"))
    #expect(label.exitCode == 4 && label.error.contains("\"prompt\", \"chosen\" and \"rejected\""))
    #expect(full.exitCode == 2 && full.error.contains("compares an adapter with its base"))
    #expect(beta.exitCode == 2 && beta.error.contains("--beta is for --loss dpo and orpo"))
    #expect(smoothing.exitCode == 2 && smoothing.error.contains("from 0, below 0.5"))
    #expect(order.exitCode == 2 && order.error.contains("does not go with --no-shuffle"))
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }

  @Test func wholeModelLearnsFromOddsRatios() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch, "a.jsonl", pairs(8))

    let outcome = try train(
      scratch,
      [
        "--data", data, "--loss", "orpo", "--method", "full", "--epochs", "2", "--batching",
        "grouped", "--batch-size", "3", "--beta", "0.5",
      ])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(try metrics(scratch).count == 6)
    #expect(FileManager.default.fileExists(atPath: scratch.url("run/model").path()))
  }
}
