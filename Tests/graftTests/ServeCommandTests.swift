import Foundation
import FoundationNetworking
import SafeIO
import Testing

/// `graft serve` as a person starts it; what it answers is in `ServerTests`.
@Suite struct ServeCommandTests {
  private static let model = Fixture.model("llama-bpe-tied")

  @Test(arguments: [
    (["--port", "70000"], "--port must be from 0 to 65535, got 70000."),
    (["--allow-adapter-admin"], "--allow-adapter-admin needs --adapters."),
    (["--name", "a b"], "--name must be 1 to 128 printable characters without spaces."),
    (["--grace", "-1"], "--grace must be from 0 to 3600 seconds, got -1.0."),
    (["--max-queue", "-1"], "--max-queue must be from 0 to 100000, got -1."),
  ])
  func flagsOutOfRangeAreUsageErrors(flags: [String], message: String) throws {
    let outcome = try CommandRunner.run(["serve", "--model", Self.model] + flags)

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.hasPrefix("error[CFG.USAGE]: \(message)\n"), "\(outcome.error)")
  }

  @Test func aFileOfKeysIsCheckedWithoutShowingThem() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let keys = scratch.url("keys")
    try Data("# clients\nlong-enough-key-0001\nsecret\n".utf8).write(to: keys)

    let outcome = try CommandRunner.run(
      ["serve", "--model", Self.model, "--api-key-file", keys.path])

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.contains("key 2 cannot be used"))
    #expect(!outcome.error.contains("secret"))
  }

  /// The first line names the address; SIGTERM ends the server with 0.
  @Test func itTellsWhereItListensAndEndsInOrder() throws {
    let process = Process()
    process.executableURL = CommandRunner.binary
    process.arguments = ["serve", "--model", Self.model, "--port", "0", "--quiet"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    defer { if process.isRunning { process.interrupt() } }

    let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    let address = try #require(line.split(separator: " ").first)
    let health = try Data(contentsOf: #require(URL(string: address + "health")))
    process.terminate()
    process.waitUntilExit()

    #expect(line.contains("answers as llama-bpe-tied"))
    #expect(try JSON(parsing: Array(health)) == ["status": "ok"])
    #expect(process.terminationStatus == 0 && process.terminationReason == .exit)
  }

  @Test func choicesAreEvaluatedAndWritten() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let rows = scratch.url("rows.jsonl")
    try Data(
      #"{"id": "a", "query": "the lamp", "choices": ["is on", "on the table"], "gold": 0}"#.utf8
    ).write(to: rows)
    let predictions = scratch.url("out.jsonl").path

    let outcome = try CommandRunner.run([
      "evaluate", "--model", Self.model, "--data", rows.path, "--json", "--predictions",
      predictions,
    ])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let accuracy = try #require(try JSON(parsing: outcome.output)["base"]?["acc"]?.double)
    let row = try JSON(parsingFile: predictions)
    #expect((accuracy == 1) == (row["base"]?["choice"] == 0))
    #expect(row["base"]?["loglikelihood"]?.array?.count == 2)
  }
}
