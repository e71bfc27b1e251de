import ArgumentParser
import Foundation
import SafeIO
import TensorCore

/// How often is measured, and where the figures go.
struct ReportOptions: ParsableArguments {
  @Option(help: "Counted rounds, in each of which everything runs once.")
  var rounds = 5

  @Option(help: "Threads, 1 to 256 (default: one per processor).")
  var threads: Int?

  @Option(
    name: .long, defaultAsFlag: "-",
    help: ArgumentHelp(
      "Write JSON to a file, or to stdout instead of the table.", valueName: "file"))
  var json: String?

  func validate() throws {
    guard (1...1000).contains(rounds) else {
      throw ValidationError("--rounds must be from 1 to 1000, got \(rounds).")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads must be from 1 to 256, got \(threads).")
    }
  }

  /// The first thing that a benchmark does.
  func start() {
    MachineFacts.start()
    if let threads { ThreadPool.configure(threads: threads) }
  }

  /// Prints the figures as a table, or as JSON where that was asked for.
  ///
  /// - Parameters:
  ///   - title: What was measured.
  ///   - figures: The figures.
  ///   - notes: What holds for all of them.
  /// - Throws: What writing the file throws.
  func report(_ title: String, _ figures: [Figure], notes: JSONObject = JSONObject()) throws {
    var object = JSONObject()
    object["benchmark"] = JSON(title)
    object["machine"] = JSON(MachineFacts.json)
    for (key, value) in zip(notes.keys, notes.values) { object[key] = value }
    object["figures"] = JSON(figures.map(\.json))
    let text = JSON(object).serialized(pretty: true)
    if json == "-" { return print(text) }
    print(FigureTable.text(title, figures))
    if let json { try AtomicFile.write(Array((text + "\n").utf8), to: json) }
  }
}
