import ArgumentParser
import Datasets
import Foundation
import Logging
import SafeIO

/// `graft data code`: rows from a source tree.
struct DataCodeCommand: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "code",
    abstract: "Makes completion rows and description-to-code rows from a source tree.",
    discussion: """
      Each file goes whole into train, valid or test, by its path and the seed.
      Licence headers are removed; files with a private key, a token or a
      password, generated, minified, binary and copied files are left out, and
      symbolic links are not followed. Everything that is left out is counted.

      Rows are code, so train with --raw-completions.

      Examples:
        graft data code ../my-project --output datasets/my-project
        graft train --model smollm2 --data datasets/my-project \\
          --raw-completions --output runs/my-project
      """)

  @Argument(help: "The directory of the project.", completion: .directory)
  var directory: String

  @Option(help: "The directory for the rows.", completion: .directory)
  var output: String

  @Option(help: "The share of the files to validate on.")
  var validSplit = 0.1

  @Option(help: "The share of the files to test on.")
  var testSplit = 0.1

  @Option(help: "Seed of the split and of where functions are cut.", transform: FlagRule.seed)
  var seed: UInt64 = 0

  @Option(help: "Larger files are left out.")
  var maxFileBytes = 512 << 10

  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  func validate() throws {
    for (flag, share) in [("--valid-split", validSplit), ("--test-split", testSplit)]
    where !(share >= 0 && share < 1) {
      throw ValidationError("\(flag) must be from 0, below 1, got \(share).")
    }
    guard validSplit + testSplit < 1 else {
      throw ValidationError("--valid-split and --test-split leave nothing to train on.")
    }
    guard (1...(64 << 20)).contains(maxFileBytes) else {
      throw ValidationError("--max-file-bytes must be from 1 to \(64 << 20), got \(maxFileBytes).")
    }
  }

  func run() throws {
    var configuration = CodeDataset.Configuration()
    configuration.validShare = validSplit
    configuration.testShare = testSplit
    configuration.seed = seed
    configuration.maxFileBytes = maxFileBytes
    let progress = LateProgress("file", total: nil, isQuiet: reporting.quiet)
    let dataset = try CodeDataset(root: directory, configuration: configuration) { done, _ in
      progress.update(done)
    }
    progress.finish()
    let source = URL(filePath: directory).standardizedFileURL.path()
    do {
      try dataset.write(to: output, source: source)
    } catch {
      if !reporting.json { for line in lines(dataset) { Log.info(line) } }
      throw error
    }
    if reporting.json {
      var json = dataset.json
      json["source"] = JSON(directory)
      json["output"] = JSON(output)
      return try JSONOutput.write(JSON(json))
    }
    for line in lines(dataset) { try StandardOutput.line(line) }
    try StandardOutput.line("\nWritten to \(output.escapedForMessage(limit: 1000))")
  }

  private func lines(_ dataset: CodeDataset) -> [String] {
    var table = TextTable([
      "", .number("files"), .number("completions"), .number("from a description"),
    ])
    for split in DatasetDirectory.Split.allCases {
      table.add(
        [split.rawValue]
          + [
            dataset.files[split] ?? 0, dataset.count(split, .completion),
            dataset.count(split, .description),
          ].map(Quantity.count))
    }
    let languages = dataset.languages.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    var left = TextTable([.number(""), ""])
    for reason in SourceTree.Skip.allCases {
      if let count = dataset.skips[reason] { left.add([Quantity.count(count), reason.rawValue]) }
    }
    left.add([Quantity.count(dataset.filesWithoutRows), "files without anything to complete"])
    left.add([Quantity.count(dataset.licenceHeaders), "licence headers"])
    left.add([Quantity.count(dataset.repeatedRows), "rows that stand elsewhere too"])
    return ["Rows"] + table.lines() + [
      "", "Languages: " + languages.map { "\($0.key) \($0.value)" }.joined(separator: ", "), "",
      "Left out",
    ] + left.lines()
      + dataset.secrets.prefix(20).map {
        "  \($0.path.escapedForMessage(limit: 400)):\($0.line): \($0.kind)"
      }
  }
}
