import ArgumentParser
import Foundation
import Logging
import SafeIO

/// `graft report`: the page and the pictures of a run that is there.
struct ReportCommand: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes the page and the curves of a run again.",
    discussion: """
      Every run writes report.html, curves.svg and curves.png at each validation
      and at its end. This makes them again from run.json, metrics.jsonl and
      samples.jsonl, such as for a run of another computer or that was killed.

      Examples:
        graft report runs/first
      """)

  @Argument(help: "The directory of a run.", completion: .directory)
  var directory: String

  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  func run() throws {
    guard FileManager.default.fileExists(atPath: directory) else {
      throw IOFailure(directory, .notFound)
    }
    guard FileManager.default.fileExists(atPath: "\(directory)/run.json") else {
      throw InspectionError.unknownKind(path: directory)
    }
    let files = RunFiles(path: directory)
    try files.write()
    if reporting.json {
      try JSONOutput.write([
        "report": JSON(files.reportPath), "svg": JSON("\(directory)/curves.svg"),
        "png": JSON("\(directory)/curves.png"),
      ])
    } else {
      try StandardOutput.line(files.reportPath)
    }
  }
}
