import ArgumentParser
import Datasets
import Foundation
import Logging
import ModelFiles
import Models
import SafeIO
import Verification

/// `graft verify`: proofs on a person's own model and rows.
struct Verify: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Proves on your model and rows that training and answering compute what they should.",
    discussion: """
      A few short rows of DATA are taken, and copies of the model, with the adapter
      or a new one around it: accumulated and packed batches, cached and batched
      decoding, merging, saving and loading, resuming, threads, frozen weights, and
      gradients against finite differences. Nothing is written.

      Each check measures one error and compares it with its limit. The command
      ends with exit code 10 if one fails.

      Examples:
        graft verify --model smollm2 --data datasets/function_calls
        graft verify --model smollm2 --data rows.jsonl --adapter runs/first/adapter
        graft verify --model smollm2 --data rows.jsonl --only resume,threads
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    help: "A directory with train.jsonl (or test.jsonl), or a .jsonl file.", completion: .file())
  var data: String

  @Option(
    help: ArgumentHelp(
      """
      Checks to make, separated by commas: \
      \(VerificationCheck.allCases.map(\.rawValue).joined(separator: ", ")) (default: all).
      """, valueName: "names"))
  var only: String?

  @Flag(help: "Concatenate prompt and completion instead of using the chat template.")
  var rawCompletions = false

  @OptionGroup var reporting: ReportingOptions

  var logLevel: Logger.Level { reporting.logLevel }

  /// Rows that are looked at for short ones.
  private static let candidates = 1000

  func validate() throws { _ = try checks() }

  private func checks() throws -> [VerificationCheck] {
    guard let only else { return VerificationCheck.allCases }
    let known = VerificationCheck.allCases.map(\.rawValue)
    let names = only.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    for name in names where !known.contains(name) {
      let meant = NearestName.of(name, among: known).map { "; did you mean '\($0)'?" } ?? "."
      throw ValidationError(
        "--only: no check is named '\(name)', known are \(known.joined(separator: ", "))\(meant)")
    }
    return VerificationCheck.allCases.filter { names.contains($0.rawValue) }
  }

  func run() throws {
    let files = try DatasetDirectory(path: data)
    let file = try files.file(of: .train) ?? files.requiredFile(of: .test)
    let rows = Array(try RowReader.rows(path: file).prefix(Self.candidates))
    Interruption.install()
    let bundle = try model.base.load()
    try model.verifyBase(of: bundle)
    var builder = ExampleBuilder(
      tokenizer: bundle.tokenizer, vocabularySize: bundle.configuration.vocabularySize,
      maxLength: bundle.configuration.maxPositions, rawCompletions: rawCompletions)
    let verifier = try IOFailure.refusingModel {
      try Verifier(
        bundle, adapterPath: model.adapter, examples: builder.examples(from: rows, for: .anything))
    }
    let checks = try checks()
    let progress = ProgressLine("check", total: checks.count, isQuiet: reporting.quiet)
    var done = 0
    let results = try verifier.run(checks, isCancelled: { Interruption.isRequested }) { check in
      progress.update(done, detail: check.title)
      done += 1
    }
    progress.finish()
    try report(results, file: file, rows: verifier.rowCount)
  }

  private func report(_ results: [VerificationResult], file: String, rows: Int) throws {
    let failed = results.filter { $0.verdict == .failed }.map(\.check)
    let failure = failed.isEmpty ? nil : FailureReport(VerificationError.failed(failed))
    if reporting.json {
      var json = JSONObject()
      json["model"] = JSON(model.base.model)
      json["adapter"] = model.adapter.map { JSON($0) } ?? .null
      json["data"] = JSON(file)
      json["rows"] = JSON(rows)
      json["checks"] = JSON(results.map(\.json))
      json["failed"] = JSON(failed.count)
      if let error = failure?.json["error"] { json["error"] = error }
      try JSONOutput.write(JSON(json))
    } else {
      for line in VerificationTable(results, file: file, rows: rows).lines {
        try StandardOutput.line(line)
      }
    }
    if let failure { throw ExitCode(failure.print(asJSON: false)) }
    try Interruption.throwIfRequested()
  }
}
