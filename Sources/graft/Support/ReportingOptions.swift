import ArgumentParser
import Logging

/// The flags of every command that reports.
struct ReportingOptions: ParsableArguments {
  @Flag(help: "Write the result as one JSON object to stdout.")
  var json = false

  @Flag(name: .shortAndLong, help: "Show no progress and no notes.")
  var quiet = false

  @OptionGroup var log: LogOptions

  var logLevel: Logger.Level { log.logLevel?.level ?? (quiet ? .warning : .info) }
}
