import Foundation
import Testing

@Suite struct CommandLineTests {
  @Test func versionGoesToStdout() throws {
    let outcome = try CommandRunner.run(["--version"])

    #expect(outcome.exitCode == 0)
    #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil, "got \(outcome.output)")
    #expect(outcome.error.isEmpty)
  }

  @Test func withoutArgumentsTheHelpIsShown() throws {
    let outcome = try CommandRunner.run([])

    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("USAGE: graft"))
    #expect(outcome.error.isEmpty)
  }

  @Test func unknownFlagIsAUsageErrorThatNamesTheNearestFlag() throws {
    let outcome = try CommandRunner.run(["--verson"])

    #expect(outcome.exitCode == 2)
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.error == """
        error[CFG.UNKNOWN]: Unknown option '--verson'
        hint: Did you mean '--version'?

        """)
  }

  @Test func slipInARequiredFlagIsShown() throws {
    let outcome = try CommandRunner.run(["train", "--modle", "x", "--data", "y", "--output", "z"])

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.contains("'--model <model>'"))
    #expect(outcome.error.contains("hint: You typed '--modle'; see 'graft train --help'."))
  }

  @Test(arguments: [
    ("--seed", "-1", "seeds are whole numbers from 0 to 18446744073709551615."),
    ("--learning-rate", "-1e-3", "--learning-rate must be above 0, at most 10, got -0.001."),
    ("--steps", "-5", "--steps must be at least 1, got -5."),
  ])
  func negativeNumberIsAValueThatIsRefused(flag: String, value: String, message: String) throws {
    let outcome = try CommandRunner.run([
      "train", "--model", "x", "--data", "y", "--output", "z", flag, value,
    ])

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.hasPrefix("error[CFG.USAGE]: "))
    #expect(outcome.error.contains(message), "got \(outcome.error)")
  }

  @Test func unknownFlagThatResemblesNothingIsAUsageError() throws {
    let outcome = try CommandRunner.run(["--frobnicate"])

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.hasPrefix("error[CFG.UNKNOWN]: Unknown option '--frobnicate'\nhint: "))
  }

  @Test func unknownCommandIsAUsageError() throws {
    let outcome = try CommandRunner.run(["frobnicate"])

    #expect(outcome.exitCode == 2)
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.error.hasPrefix("error[CFG.UNKNOWN]: Unexpected argument 'frobnicate'\nhint: "))
  }

  @Test func controlCharactersOfAnArgumentDoNotReachTheTerminal() throws {
    let outcome = try CommandRunner.run(["--a\u{1B}[31m"])

    #expect(outcome.exitCode == 2)
    #expect(!outcome.error.contains("\u{1B}"))
  }

  @Test func withJSONTheErrorIsAlsoAnObjectOnStdout() throws {
    let outcome = try CommandRunner.run(["--json", "--verson"])

    let root = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let error = try #require((root as? [String: [String: Any]])?["error"])
    #expect(outcome.exitCode == 2)
    #expect(error["code"] as? String == "CFG.UNKNOWN")
    #expect(error["exit_code"] as? Int == 2)
    #expect(error["hint"] is String)
    #expect((error["message"] as? String)?.contains("--json") == true)
    #expect(outcome.error.hasPrefix("error[CFG.UNKNOWN]: "))
  }

  @Test func readerThatWentAwayDoesNotKillTheCommand() throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()

    let outcome = try CommandRunner.run(["--help"], output: pipe.fileHandleForWriting)

    #expect(!outcome.wasKilled)
    #expect(outcome.exitCode == 0)
  }

  @Test func fullDiskBehindStdoutIsReported() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))

    let outcome = try CommandRunner.run(["--version"], output: full)

    #expect(outcome.exitCode == 6)
    #expect(outcome.error.hasPrefix("error[IO.STDOUT]: "))
  }
}
