import ArgumentParser
import Datasets
import Logging
import ModelFiles
import Models
import SafeIO

/// `graft data check`: the loss receipt of a dataset, and what is wrong with it.
struct DataCheckCommand: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Says what becomes of every token of a dataset, and what is wrong with its rows.",
    discussion: """
      DATA is a directory with train.jsonl, valid.jsonl and test.jsonl, those that
      exist, or one .jsonl file. Of the model only the tokenizer, the template and
      the sizes are read. Every token is supervised, prompt, template, padding,
      truncated or dropped; 'graft train' makes the same check first.

      Rows that cannot be used are listed as file:line:column, and the command ends
      with exit code 4.

      Examples:
        graft data check datasets/function_calls --model smollm2
        graft data check rows.jsonl --model smollm2 --valid-split 0.1 --show-mask 2
        graft data check rows.jsonl --model smollm2 --overlong truncate --json
      """)

  @Argument(
    help: "Directories with train.jsonl, or .jsonl files, as 'graft train --data' takes them.",
    completion: .file())
  var data: [String]

  @Option(
    help: "A Hugging Face directory, a .gguf file, or a name under ./checkpoints or $GRAFT_HOME.",
    completion: .file())
  var model: String

  @Option(help: "Tokens of the longest row (default: the model's context, at most 2048).")
  var maxLength: Int?

  @Option(help: "What happens to longer rows.")
  var overlong = ExampleBuilder.Overlong.drop

  @Flag(help: "Concatenate prompt and completion instead of using the chat template.")
  var rawCompletions = false

  @OptionGroup var split: SplitOptions

  @Option(help: "Rows that cannot be used are listed up to this many a file.")
  var maxErrors = 100

  @Option(help: "Print this many rows of each split with their masks.")
  var showMask = 0

  @Flag(help: "Refuse data whose splits share rows, exactly or nearly.")
  var forbidLeak = false

  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  func validate() throws {
    let bounds = [
      ("--max-length", maxLength ?? 2, 2...1_048_576), ("--max-errors", maxErrors, 1...1_000_000),
      ("--show-mask", showMask, 0...1_000_000),
    ]
    for (flag, value, range) in bounds where !range.contains(value) {
      throw ValidationError(
        "\(flag) must be from \(range.lowerBound) to \(range.upperBound), got \(value).")
    }
  }

  func run() throws {
    let files = try split.read(
      SplitOptions.sources(data), DatasetDirectory.Split.allCases, maxProblems: maxErrors)
    let location = try ModelLocation.resolve(model)
    let text = try IOFailure.refusingModel { try ModelText(path: location.path) }
    let limit = min(maxLength ?? 2048, text.configuration.maxPositions)
    if let maxLength, maxLength > limit {
      Log.warning(
        "--max-length \(maxLength) is cut to the model's context of \(limit) tokens")
    }
    let builder = ExampleBuilder(
      tokenizer: text.tokenizer, vocabularySize: text.configuration.vocabularySize,
      maxLength: limit, overlong: overlong, rawCompletions: rawCompletions)
    let progress = LateProgress(
      "row", total: files.reduce(0) { $0 + $1.file.rows.count }, isQuiet: reporting.quiet)
    var done = 0
    let splits = try files.map { part in
      defer { done += part.file.rows.count }
      return try CheckedSplit(
        name: part.split.rawValue, part.file, builder: builder, purpose: .anything,
        maxProblems: maxErrors, maskCount: showMask, progress: { progress.update(done + $0) })
    }
    progress.finish()
    let check = DataCheck(splits)
    try report(check, failure: failure(of: check, limit: limit), limit: limit)
  }

  /// What the data are refused for, if for anything.
  private func failure(of check: DataCheck, limit: Int) -> (any Error)? {
    do {
      try check.requireUsable(maxLength: limit)
      if forbidLeak, let leak = check.overlaps.first(where: { $0.count > 0 }) {
        throw DatasetError.leak(split: leak.split, other: leak.other, rows: leak.count)
      }
      return nil
    } catch {
      return error
    }
  }

  private func report(_ check: DataCheck, failure: (any Error)?, limit: Int) throws {
    if reporting.json {
      var json = JSONObject()
      json["data"] = JSON(data.joined(separator: ", "))
      json["model"] = JSON(model)
      json["max_length"] = JSON(limit)
      json["overlong"] = JSON(overlong.rawValue)
      for (key, value) in check.json { json[key] = value }
      let report = failure.map { FailureReport($0) }
      if let error = report?.json["error"] { json["error"] = error }
      try JSONOutput.write(JSON(json))
      if let report { throw ExitCode(report.print(asJSON: false)) }
      return
    }
    let text = ReceiptReport(check: check, maxLength: limit, overlong: overlong.rawValue)
    for line in text.lines { try StandardOutput.line(line) }
    try printMasks(check)
    try printProblems(check)
    if let failure { throw failure }
  }

  private func printMasks(_ check: DataCheck) throws {
    guard showMask > 0 else { return }
    let style = MaskText.forStandardOutput
    try StandardOutput.line("\nMasks: \(style.legend)")
    for split in check.splits {
      for row in split.masks {
        try StandardOutput.line("\(split.path.escapedForMessage(limit: 1000)):\(row.line)")
        try StandardOutput.line(style.text(row))
      }
    }
  }

  private func printProblems(_ check: DataCheck) throws {
    guard check.problemCount > 0 else { return }
    try StandardOutput.line("\nRows that cannot be used")
    for split in check.splits {
      for problem in split.problems {
        try StandardOutput.line("  \(problem.description) [\(problem.code)]")
      }
      let more = split.problemCount - split.problems.count
      if more > 0 {
        try StandardOutput.line(
          "  \(split.path.escapedForMessage(limit: 1000)): \(Quantity.count(more)) more")
      }
    }
  }
}
