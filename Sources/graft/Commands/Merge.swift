import Adapters
import ArgumentParser
import Foundation
import Logging
import ModelFiles
import Models
import SafeIO

/// `graft merge`: an adapter put into the weights of its base, as a directory of its own.
struct Merge: ParsableCommand, LoggingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts an adapter into the weights of its base.",
    discussion: """
      OUTPUT receives a Hugging Face directory, which graft, transformers and the
      converters of llama.cpp read: config.json, model.safetensors, the tokenizer,
      a README card, and graft.json, which says what was merged. A base that is
      quantised is dequantised, and grows accordingly.

      How far merged and unmerged logits are apart is measured on the rows of
      --data, or on built-in text, printed, and stored in graft.json.

      Examples:
        graft merge --model smollm2 --adapter runs/first/adapter \\
          --output merged
        graft merge --model smollm2 --adapter runs/first/adapter \\
          --output merged --save bf16 --data datasets/function_calls
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var reporting: ReportingOptions

  @Option(help: "The directory to make; it may be there already and empty.", completion: .directory)
  var output: String

  @Option(help: "What weights are stored in: f32, or bf16 in half the bytes.")
  var save = Precision.f32

  @Option(help: "Rows to compare logits on: a .jsonl file, or a directory.", completion: .file())
  var data: String?

  @Option(help: "How many rows of --data are compared, the first.")
  var rows = 8

  var logLevel: Logger.Level { reporting.logLevel }

  func validate() throws {
    guard model.adapter != nil else { throw ValidationError("--adapter is needed.") }
    try FlagRule.check("rows", rows, "from 1 to 1000", (1...1000).contains)
  }

  func run() throws {
    let adapterPath = model.adapter ?? ""
    if FileManager.default.fileExists(atPath: output) {
      let entries = try? FileManager.default.contentsOfDirectory(atPath: output)
      guard entries?.isEmpty == true else {
        throw ValidationError("--output: '\(output.escapedForMessage())' is there and not empty.")
      }
    }
    let loaded = try model.load()
    guard let adapter = loaded.adapter else { return }
    let bundle = loaded.bundle
    if case .gguf = bundle.origin {
      Log.info("the base is a GGUF file: its weights are dequantised to \(save.rawValue)")
    }
    let samples = try MergeSamples(data: data, rows: rows, bundle: bundle)
    let before = samples.logits(bundle.model)
    try adapter.merge(into: bundle.model)
    if save == .bf16 { bundle.roundWeights() }
    var difference = LogitComparison()
    for (first, second) in zip(before, samples.logits(bundle.model)) {
      difference.add(first, second)
    }
    guard difference.largestDifference.isFinite else {
      throw AdapterError.unsupported(
        path: adapterPath, "a merged model whose logits are not finite")
    }
    let report = MergeReport(
      base: bundle.origin.path, adapter: adapterPath, method: adapter.travellingDescription,
      fingerprint: try bundle.fingerprint(), adapterHash: adapter.hashes?.weights ?? "", save: save,
      samples: samples, difference: difference,
      command: ShellCommand.text(["graft"] + CommandLine.arguments.dropFirst()))
    try bundle.save(to: output, precision: save) { try report.write(to: $0) }
    if reporting.json {
      var json = report.json
      json["output"] = JSON(output)
      try JSONOutput.write(JSON(json))
    } else {
      try StandardOutput.line(report.text(output))
    }
  }
}
