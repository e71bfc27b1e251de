import Foundation
import Testing

@Suite struct LogLevelTests {
  private func generate(_ arguments: [String]) throws -> CommandRunner.Outcome {
    try CommandRunner.run(
      [
        "generate", "--model", Fixture.model("llama-bpe-tied"), "--prompt", "hello",
        "--max-tokens", "2",
      ] + arguments)
  }

  /// Logits with an adapter that nothing vouches for, which is a reason to warn.
  private func inspect(_ arguments: [String]) throws -> CommandRunner.Outcome {
    try CommandRunner.run(
      [
        "inspect", Fixture.model("llama-tied"), "--ids", "1,2", "--adapter",
        Fixture.model("llama-tied/adapter"),
      ] + arguments)
  }

  /// The words that the lines of stderr begin with, where they name a level.
  private func levels(_ outcome: CommandRunner.Outcome) -> Set<String> {
    let first = outcome.error.split(separator: "\n").map {
      String($0.prefix { $0 != ":" && $0 != " " })
    }
    return Set(first.map { ["trace", "debug", "warning"].contains($0) ? $0 : "info" })
  }

  @Test(arguments: [
    (["--log-level", "trace"], ["trace", "debug", "info", "warning"]),
    (["--log-level", "debug"], ["debug", "info", "warning"]),
    (["--log-level", "info"], ["info", "warning"]),
    ([], ["info", "warning"]),
    (["--log-level", "warning"], ["warning"]),
    (["--quiet"], ["warning"]),
    (["--log-level", "error"], []),
    (["--log-level", "debug", "--quiet"], ["debug", "info", "warning"]),
  ])
  func onlyMessagesOfTheLevelAndAboveAreShown(flags: [String], shown: [String]) throws {
    let answer = try generate(flags)
    let logits = try inspect(flags)

    #expect(answer.exitCode == 0 && logits.exitCode == 0, "\(answer.error)\(logits.error)")
    #expect(
      levels(answer).union(levels(logits)) == Set(shown), "\(answer.error)\(logits.error)")
  }

  @Test func resultIsTheSameWhateverIsLogged() throws {
    let silent = try generate(["--log-level", "error"])
    let chatty = try generate(["--log-level", "trace"])

    #expect(silent.error.isEmpty)
    #expect(!silent.output.isEmpty)
    #expect(chatty.output == silent.output)
  }

  @Test func debugTellsTheModelTheKernelsAndTheTimeOfLoading() throws {
    let outcome = try generate(["--log-level", "debug", "--threads", "1"])

    let model = Fixture.model("llama-bpe-tied")
    #expect(outcome.error.contains("debug: model: \(model)\n"))
    #expect(
      outcome.error.firstMatch(
        of: /debug: kernels: (portable|avx2|avx512), bf16 (native|emulated), BLAS: .+, threads: 1\n/
      )
        != nil, "\(outcome.error)")
    #expect(outcome.error.firstMatch(of: /debug: model loaded in [\d.]+ s\n/) != nil)
  }

  @Test func kernelsThatThereAreNotAreAUsageError() throws {
    let outcome = try CommandRunner.run(
      ["inspect", Fixture.model("llama-tied")], environment: ["GRAFT_KERNELS": "sse"])

    #expect(outcome.exitCode == 2)
    #expect(
      outcome.error.hasPrefix(
        "error[CFG.USAGE]: GRAFT_KERNELS must be portable, avx2, avx512, got 'sse'.\n"))
  }

  @Test func errorsAreShownAtEveryLevel() throws {
    let outcome = try CommandRunner.run(["inspect", "nothing-here", "--log-level", "error"])

    #expect(outcome.exitCode == 3)
    #expect(outcome.error.hasPrefix("error[MODEL.NOT_FOUND]: "))
  }

  @Test func levelThatDoesNotExistIsAUsageErrorThatListsThem() throws {
    let outcome = try CommandRunner.run(["chat", "--model", "x", "--log-level", "loud"])

    #expect(outcome.exitCode == 2)
    #expect(
      outcome.error.contains("one of 'trace', 'debug', 'info', 'warning' or 'error'"),
      "\(outcome.error)")
  }
}
