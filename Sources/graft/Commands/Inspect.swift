import ArgumentParser
import Foundation
import Logging
import ModelFiles
import Models
import SafeIO
import TensorCore
import Tokenization

/// How much `graft inspect` says.
struct InspectionOptions: ParsableArguments {
  @Flag(help: "List every tensor and every layer.")
  var tensors = false

  @Flag(help: "Show the chat template's text.")
  var template = false
}

/// `graft inspect`: what a path holds, and what a model computes for some token ids.
struct Inspect: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a model, adapter, tokenizer, GGUF or run directory holds.",
    discussion: """
      With --ids, computes the model in f32 on these token ids and shows
      the largest logits after each of them.

      Examples:
        graft inspect checkpoints/smollm2
        graft inspect runs/first/adapter --tensors
        graft inspect smollm2 --ids 1,2,3 --top 20 --json
      """)

  @Argument(
    help: """
      A model directory, a GGUF or safetensors file, a PEFT directory, a tokenizer.json, a run \
      directory, or the name of a model.
      """, completion: .file())
  var path: String

  @OptionGroup var options: InspectionOptions

  @Option(
    help: ArgumentHelp(
      "Token ids, such as 1,2,3, or @FILE with a JSON array or such a list.", valueName: "ids"))
  var ids: String?

  @Option(help: "How many logits to show after each id; at least 1 (default: 5).")
  var top: Int?

  @Option(help: "With --ids: a PEFT directory to put around the model.", completion: .directory)
  var adapter: String?

  @Flag(help: "Use the adapter also where graft.json says that it was trained on another base.")
  var forceBase = false

  @OptionGroup var threading: ThreadOptions
  @OptionGroup var reporting: ReportingOptions

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top must be at least 1, got \(top).") }
    if ids == nil {
      let needing = [("--top", top != nil), ("--adapter", adapter != nil)].first { $0.1 }
      if let needing { throw ValidationError("\(needing.0) needs --ids.") }
    } else if options.tensors || options.template {
      throw ValidationError("--ids shows logits: leave out --tensors and --template.")
    }
    if forceBase && adapter == nil { throw ValidationError("--force-base needs --adapter.") }
  }

  var logLevel: Logger.Level { reporting.logLevel }

  func run() throws {
    threading.configure()
    if let ids { return try showLogits(try TokenIDList(ids)) }
    let report: Report = try IOFailure.refusingModel { try self.report() }
    if reporting.json { return try JSONOutput.write(JSON(report.json)) }
    for line in report.lines { try StandardOutput.line(line) }
  }

  private func showLogits(_ list: TokenIDList) throws {
    let bundle = try BaseOptions.load(path)
    let configuration = bundle.configuration
    let ids = try list.checked(
      vocabularySize: configuration.vocabularySize, positions: configuration.maxPositions)
    if let adapter {
      _ = try LoadedModel.attach(adapter, to: bundle, verifyingBase: !forceBase)
    }
    let report = try LogitsReport(bundle, ids: ids, top: top ?? 5)
    if reporting.json { return try JSONOutput.write(report.json) }
    for line in report.lines { try StandardOutput.line(line) }
  }

  private func report() throws -> Report {
    let subject = try InspectionSubject(path)
    Log.debug("\(subject.kind.rawValue): \(subject.path.escapedForMessage(limit: 1000))")
    let model = ModelReport(options: options)
    switch subject.kind {
    case .model: return try model.report(directory: subject.path)
    case .gguf: return try model.report(gguf: subject.path)
    case .safetensors:
      let file = try SafetensorsFile(path: subject.path)
      return try model.report(weights: file, metadata: file.metadata, warnings: file.warnings)
    case .weights:
      let files = try ShardedSafetensors(directory: subject.path)
      return try model.report(weights: files, metadata: files.metadata, warnings: files.warnings)
    case .adapter: return try AdapterReport(options: options).report(subject.path)
    case .tokenizer:
      let tokenizer = try TokenizerReport.load(subject.path)
      var report = Report()
      var part = TokenizerReport(tokenizer, showsTemplate: options.template).report
      part.set("path", JSON(subject.path))
      report.join("Tokenizer", part)
      return report
    case .run: return try RunReport(options: options).report(subject.path)
    }
  }
}
