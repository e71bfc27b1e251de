import Foundation
import SafeIO
import Testing

/// `graft verify` and `graft compare`, as a person runs them.
@Suite struct VerifyCommandTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func rows() throws -> String {
    let rows = (0..<6).map {
      #"{"prompt": "say \#($0)", "completion": "it is \#(String(repeating: "very ", count: $0))\#($0)!"}"#
    }
    let file = scratch.url("train.jsonl")
    try Data(rows.joined(separator: "\n").utf8).write(to: file)
    return file.path
  }

  @Test func everyCheckIsProvenAndReported() throws {
    defer { scratch.remove() }
    let data = try rows()
    let arguments = ["verify", "--model", Fixture.model("llama-bpe-tied"), "--data", data]

    let json = try Fixture.json(arguments)
    let table = try CommandRunner.run(arguments + ["--only", "threads, packing", "--quiet"])

    let checks = json["checks"]?.array ?? []
    #expect(checks.count == 13 && json["failed"]?.int == 0 && json["error"] == nil)
    #expect(checks.allSatisfy { $0["verdict"]?.string == "proven" }, "\(checks)")
    #expect(table.exitCode == 0 && table.error.isEmpty, "\(table.error)")
    #expect(table.output.contains("  packing  rows packed = one by one"), "\(table.output)")
    #expect(table.output.contains("2 of 2 proven in "), "\(table.output)")
  }

  @Test func bothSidesOfPairsAreRowsToTry() throws {
    defer { scratch.remove() }
    let file = scratch.url("pairs.jsonl")
    let pairs = (0..<4).map { #"{"prompt":"say \#($0)","chosen":"it is \#($0)","rejected":"no"}"# }
    try Data(pairs.joined(separator: "\n").utf8).write(to: file)

    let json = try Fixture.json([
      "verify", "--model", Fixture.model("llama-bpe-tied"), "--data", file.path, "--only",
      "packing",
    ])

    #expect(json["failed"]?.int == 0 && json["rows"]?.int == 2)
  }

  @Test func unknownCheckIsRefusedWithTheNearest() throws {
    defer { scratch.remove() }
    let outcome = try CommandRunner.run(
      ["verify", "--model", "x", "--data", "y", "--only", "resum"])

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.contains("no check is named 'resum'"), "\(outcome.error)")
    #expect(outcome.error.contains("did you mean 'resume'?"), "\(outcome.error)")
  }

  @Test func adapterOfAnotherModelIsRefused() throws {
    defer { scratch.remove() }
    let outcome = try CommandRunner.run([
      "verify", "--model", Fixture.model("llama-bpe-tied"), "--data", try rows(), "--adapter",
      Fixture.model("llama-tied/adapter"),
    ])

    #expect(outcome.exitCode == 3, "\(outcome.error)")
    #expect(outcome.output.isEmpty)
  }

  @Test func answersOfTwoSystemsAreCompared() throws {
    defer { scratch.remove() }
    let file = scratch.url("answers.jsonl")
    let lines = (1...4).map {
      #"{"line": \#($0), "reference": "K: \#($0)", "base": "K: 1", "adapter": "K: \#($0)"}"#
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    let arguments = ["compare", file.path, file.path, "--first", "base", "--pattern", "K: (?<k>.)"]

    let json = try Fixture.json(arguments)
    let text = try CommandRunner.run(arguments)
    let broken = try CommandRunner.run(["compare", file.path, file.path, "--pattern", "(?<k>"])

    #expect(json["rows"]?.int == 4)
    #expect(json["first_figures"]?["group_k"]?.double == 0.25)
    #expect(json["difference"]?["group_k"]?.double == 0.75)
    #expect(json["second_figures"]?["pattern_match"]?.double == 1)
    #expect(text.exitCode == 0 && text.output.contains("k equal, %"), "\(text.output)")
    #expect(broken.exitCode == 2 && broken.error.contains("CFG.PATTERN"), "\(broken.error)")
  }
}
