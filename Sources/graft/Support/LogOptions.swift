import ArgumentParser
import Logging

/// The flag that says how much a command tells beside its result.
struct LogOptions: ParsableArguments {
  @Option(
    help: """
      Show messages of this level and above on stderr. Without it: info, and warning with --quiet.
      """)
  var logLevel: LogLevel?
}

/// The names that `--log-level` takes.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case trace, debug, info, warning, error

  var level: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .warning: .warning
    case .error: .error
    }
  }
}

/// A command that tells something beside its result.
protocol LoggingCommand {
  /// The least level that is shown, set up before the command runs.
  var logLevel: Logger.Level { get }
}
