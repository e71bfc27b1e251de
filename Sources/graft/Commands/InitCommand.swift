import ArgumentParser
import Datasets
import Foundation
import Logging
import ModelFiles
import Models
import SafeIO

/// `graft init`: a configuration file for a person's own model and rows.
struct InitCommand: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes a configuration file for your model and your rows.",
    discussion: """
      The rows are read and counted in the model's own tokens; what is suggested
      follows from them, and stands in the file with its reason.

      Examples:
        graft init --model smollm2 --data rows.jsonl
        graft train --config run.yaml
      """)

  @Option(help: "A Hugging Face directory, a .gguf file, or a name.", completion: .file())
  var model: String

  @Option(
    help: "A directory with train.jsonl, or a .jsonl file; repeatable.", completion: .file())
  var data: [String]

  @Option(help: "The file to write; there must be none.", completion: .file())
  var output = "run.yaml"

  @Option(
    name: .customLong("run"),
    help: "The run directory that the file names. (default: runs/ and the data's name)")
  var directory: String?

  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  func run() throws {
    guard !FileManager.default.fileExists(atPath: output) else {
      throw ValidationError("\(output) is there already: name another --output.")
    }
    let sources = try SplitOptions.sources(data)
    let files = try sources.read(
      [.train, .valid], validation: nil, seed: 0, maxProblems: DatasetError.reportLimit)
    let location = try ModelLocation.resolve(model)
    let text = try IOFailure.refusingModel { try ModelText(path: location.path) }
    let builder = ExampleBuilder(
      tokenizer: text.tokenizer, vocabularySize: text.configuration.vocabularySize,
      maxLength: text.configuration.maxPositions, overlong: .drop, rawCompletions: false)
    let check = DataCheck(
      try files.map {
        try CheckedSplit(
          name: $0.split.rawValue, $0.file, builder: builder, purpose: Self.purpose(of: files))
      })
    try check.requireUsable(maxLength: text.configuration.maxPositions)
    let split = check.splits.first
    let suggested = SuggestedSettings(
      model: model, data: data, output: directory ?? runName, configuration: text.configuration,
      lengths: split.map(Self.lengths) ?? [], rows: split?.account.examples ?? 0,
      supervised: split?.account.supervisedTokens ?? 0, hasValidation: check.splits.count > 1,
      learnsFromPairs: split?.pairs.isEmpty == false)
    try AtomicFile.write(Array(suggested.yaml.utf8), to: output)
    if reporting.json {
      try JSONOutput.write(["config": JSON(output), "text": JSON(suggested.yaml)])
    } else {
      try StandardOutput.line(
        "\(output)\nnext     \(ShellCommand.text(["graft", "train", "--config", output]))")
    }
  }

  /// Pairs where the first row is one, as `graft train` learns from the one or the other.
  private static func purpose(of files: [DatasetDirectory.SplitRows]) -> RowPurpose {
    files.first?.file.rows.first?.format == .preference ? .pairs : .answers
  }

  /// The tokens of each row, of a pair those of the longer side.
  private static func lengths(_ split: CheckedSplit) -> [Int] {
    split.examples.map(\.ids.count)
      + split.pairs.map { max($0.chosen.ids.count, $0.rejected.ids.count) }
  }

  /// `runs/rows` for `…/rows.jsonl`.
  private var runName: String {
    let last = data.first?.split(separator: "/").last.map(String.init) ?? "run"
    let name = last.split(separator: "=").first.map(String.init) ?? last
    return "runs/" + (name.hasSuffix(".jsonl") ? String(name.dropLast(6)) : name)
  }
}
