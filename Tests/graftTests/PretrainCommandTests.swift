import Foundation
import SafeIO
import Testing

/// `graft pretrain` with a tokenizer of `Fixtures/Models`.
@Suite struct PretrainCommandTests {
  private let tokenizer = Fixture.model("llama-bpe-tied")

  private func text(_ scratch: ScratchDirectory, rows: Int = 60) throws -> String {
    let animals = ["cat", "dog", "hen", "fox"]
    let lines = (0..<rows).map { number in
      let animal = animals[number % 4]
      return #"{"text": "The \#(animal) number \#(number) sat down. The \#(animal) was happy."}"#
    }
    let url = scratch.url("text.jsonl")
    try Data(lines.joined(separator: "\n").utf8).write(to: url)
    return url.path()
  }

  private func pretrain(
    _ scratch: ScratchDirectory, run: String = "run", rows: Int = 60, _ flags: [String] = []
  ) throws -> CommandRunner.Outcome {
    try CommandRunner.run(
      [
        "pretrain", try text(scratch, rows: rows), "--tokenizer", tokenizer, "--output",
        scratch.url(run).path(), "--hidden-size", "32", "--intermediate-size", "64", "--layers",
        "2", "--heads", "2", "--context", "32", "--batch-tokens", "128", "--valid-share", "0.1",
        "--json",
      ] + flags)
  }

  @Test func aModelIsTrainedSavedAndCanBeUsed() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try pretrain(
      scratch, ["--epochs", "12", "--learning-rate", "1e-2", "--sample-prompt", "The cat"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let summary = try JSON(parsing: outcome.output)
    let first = try #require(summary["first_loss"]?.double)
    let last = try #require(summary["recent_loss"]?.double)
    #expect(last < 0.6 * first, "\(first) to \(last)")
    #expect(try #require(summary["valid_bits_per_byte"]?.double) > 0)
    for word in ["time ", "memory ", "bits per byte", "The cat"] {
      #expect(outcome.error.contains(word), "\(outcome.error)")
    }
    let answer = try CommandRunner.run([
      "generate", "--model", scratch.url("run/model").path(), "--raw", "--prompt", "The dog",
      "--max-tokens", "4", "--temperature", "0", "--json", "--quiet",
    ])
    #expect(answer.exitCode == 0, "\(answer.error)")
  }

  @Test func sameSeedGivesTheSameModelAtAnyNumberOfThreads() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let hashes = try [("1", "3"), ("2", "3"), ("4", "3"), ("2", "4")].enumerated().map {
      index, run in
      let outcome = try pretrain(
        scratch, run: "run\(index)",
        ["--tokens", "1k", "--threads", run.0, "--seed", run.1, "--quiet"])
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      return try JSON(parsing: outcome.output)["model_sha256"]?.string
    }

    #expect(hashes[0] != nil && Set(hashes[..<3]).count == 1, "\(hashes)")
    #expect(hashes[3] != hashes[0])
  }

  @Test func aDryRunSaysWhatItWouldTakeAndLeavesNothing() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try pretrain(scratch, ["--dry-run"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(outcome.error.contains("memory   about"))
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }

  @Test func weightsInBF16TakeHalfTheBytes() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    for precision in ["f32", "bf16"] {
      let outcome = try pretrain(
        scratch, run: precision, ["--tokens", "128", "--save", precision, "--quiet"])
      #expect(outcome.exitCode == 0, "\(outcome.error)")
    }

    let sizes = try ["f32", "bf16"].map {
      try InputFile(path: scratch.url("\($0)/model/model.safetensors").path()).size
    }
    #expect(abs(Double(sizes[0]) / Double(sizes[1]) - 2) < 0.1, "\(sizes)")
    let config = try JSON(parsingFile: scratch.url("bf16/model/config.json").path())
    #expect(config["dtype"]?.string == "bfloat16")
  }

  @Test(arguments: [
    (["--hidden-size", "33"], "no multiple of --heads"),
    (["--heads", "32"], "which must be even"),
    (["--kv-heads", "3"], "no divisor of --heads"),
    (["--context", "256"], "at least --context 256"),
    (["--tokens", "1M", "--epochs", "2"], "give one"),
    (["--layers", "0"], "from 1 to"),
    (["--layers", "60000", "--hidden-size", "65536"], "choose a smaller --size"),
  ])
  func sizesThatDoNotFitAreRefused(_ flags: [String], _ words: String) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try pretrain(scratch, flags)

    #expect(outcome.exitCode == 2, "\(outcome.error)")
    #expect(outcome.error.contains(words), "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }
}
