import ArgumentParser

/// The flags of every command that reports.
struct ReportingOptions: ParsableArguments {
  @Flag(help: "Write the result as one JSON object to stdout.")
  var json = false

  @Flag(name: .shortAndLong, help: "Show no progress.")
  var quiet = false
}
