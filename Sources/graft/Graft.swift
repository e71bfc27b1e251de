package import ArgumentParser
import Foundation
import SafeIO

/// The root of the command line.
///
/// A command is one file in `Commands/` and one entry in `subcommands`.
@main
package struct Graft: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "graft",
    abstract: "Adapts a small language model to your rows, on an ordinary CPU.",
    discussion: """
      MODEL is a Hugging Face directory, a .gguf file, or the name of one: looked
      for in ./checkpoints, then in $GRAFT_HOME/checkpoints and in $GRAFT_HOME,
      which is ~/.local/share/graft unless it is set.

      Examples:
        graft train --model smollm2 --data datasets/function_calls \\
          --output runs/first
        graft evaluate --model smollm2 --adapter runs/first/adapter \\
          --data datasets/function_calls/test.jsonl
        graft generate --model smollm2 --adapter runs/first/adapter --prompt "…"

      Results go to stdout, progress and logs to stderr. With --json, stdout is one
      JSON object. --log-level debug also tells what was found and chosen.
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Pretrain.self, Evaluate.self, Compare.self, Generate.self, Chat.self, Serve.self,
      Merge.self, Inspect.self, Verify.self, ReportCommand.self, InitCommand.self,
      DataCommand.self, TokenizerCommand.self,
    ])

  package init() {}

  /// Runs the command line of this process and ends it with a documented exit code.
  package static func main() async {
    // A reader that goes away (`graft … | head -1`) must not kill a training run.
    signal(SIGPIPE, SIG_IGN)
    // A file that reaches a limit of the shell is a failed write, which has a message and a tidy end.
    signal(SIGXFSZ, SIG_IGN)
    Foundation.exit(await run(Array(CommandLine.arguments.dropFirst())))
  }

  /// Parses and runs `arguments`; what went wrong is reported, and returned as the exit code.
  static func run(_ arguments: [String]) async -> Int32 {
    do {
      let arguments = try ConfigurationFile.expanding(NegativeNumbers.joined(arguments))
      var command = try parseAsRoot(arguments)
      if let logging = command as? any LoggingCommand {
        Log.configure(logging.logLevel)
        try KernelRequest.check()
      }
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return 0
    } catch {
      return conclude(error, arguments: arguments)
    }
  }

  private static func conclude(_ error: any Error, arguments: [String]) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    let asksForText = !(error is any UserFacingError) && exitCode(for: error) == .success
    guard asksForText else {
      let isUsage = !(error is any UserFacingError) && exitCode(for: error) == .validationFailure
      let located = isUsage ? ConfigurationFile.locating(message(for: error), in: arguments) : nil
      return FailureReport(located ?? error).print(asJSON: FailureReport.wantsJSON(arguments))
    }
    do {
      try StandardOutput.line(fullMessage(for: error, columns: Terminal.width))
      return 0
    } catch {
      return FailureReport(error).print(asJSON: false)
    }
  }
}
