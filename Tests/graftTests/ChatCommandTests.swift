import Foundation
import Testing

@Suite struct ChatCommandTests {
  private func chat(_ lines: [String], _ arguments: [String] = []) throws -> CommandRunner.Outcome {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let input = scratch.url("stdin")
    try Data(lines.joined(separator: "\n").utf8).write(to: input)
    return try CommandRunner.run(
      ["chat", "--model", GenerateCommandTests.tied, "--max-tokens", "4", "--seed", "1"]
        + arguments,
      input: try FileHandle(forReadingFrom: input))
  }

  @Test func everyLineIsAnsweredUntilTheInputEnds() throws {
    let outcome = try chat(["hello", "", "again"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(!outcome.output.isEmpty)
  }

  @Test func afterAResetTheConversationBeginsAnew() throws {
    let once = try chat(["hello"], ["--temperature", "0"])
    let twice = try chat(["hello", "/reset", "hello", "/quit", "hello"], ["--temperature", "0"])

    #expect(twice.exitCode == 0)
    #expect(twice.output == once.output + once.output)
  }

  @Test func aConversationThatNoLongerFitsGoesOnWithoutTheMessage() throws {
    let outcome = try chat([String(repeating: "hello ", count: 100), "hello"])

    #expect(outcome.exitCode == 0)
    #expect(outcome.error.contains("the model's context is 128"), "\(outcome.error)")
    #expect(!outcome.output.isEmpty)
  }

  @Test func unknownCommandsAreNotSentToTheModel() throws {
    let outcome = try chat(["/rest"])

    #expect(outcome.error.contains("'/rest' is not /reset, /system TEXT or /quit."))
    #expect(outcome.output.isEmpty)
  }
}
