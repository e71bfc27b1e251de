import ArgumentParser
import Datasets
import Foundation
import ModelFiles
import Models
import SafeIO
import Training

/// Rows of a dataset as this toolkit computes them, in turn with the same rows padded to the longest one.
struct BatchingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batching",
    abstract: "Supervised tokens per second of shuffled batches, packed and padded.",
    discussion: """
      Each round is a batch of its own from a seeded order. It is computed by the trainer (documents
      one behind the other, the output layer on rows that predict something), then with every
      row padded to the longest one: once with the output layer on all of it, as padded trainers
      do, once with the output layer on supervised rows alone. The model, the adapter, the passes and
      the loss are the same; the largest difference of the losses is in the JSON.

      Example:
        Benchmarks batching --model checkpoints/smollm2 --data mts_dialog/train.jsonl --rounds 12
      """)

  @OptionGroup var options: ReportOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "A .jsonl file of rows.")
  var data: String

  @Option(help: "Rows of a batch.")
  var batchSize = 8

  @Option(help: "Rank of the adapter; alpha is twice that.")
  var rank = 16

  @Option(help: "Longer rows are left out.")
  var maxLength = 2048

  @Option(help: "Tokens that are computed at a time, by all alike.")
  var tokensPerPass = TrainingConfiguration().tokensPerPass

  func validate() throws {
    for (name, value, limit) in [
      ("batch-size", batchSize, 4096), ("rank", rank, 4096), ("max-length", maxLength, 1 << 20),
      ("tokens-per-pass", tokensPerPass, 1 << 24),
    ] where !(1...limit).contains(value) {
      throw ValidationError("--\(name) must be from 1 to \(limit), got \(value).")
    }
  }

  func run() throws {
    options.start()
    let bundle = try ModelBundle(path: model)
    let limit = min(maxLength, bundle.configuration.maxPositions)
    var builder = ExampleBuilder(tokenizer: bundle.tokenizer, maxLength: limit)
    let file = try RowReader.read(path: data)
    try file.requireWhole()
    let examples = try builder.examples(from: file.rows)
    let pairs = try PaddedPairs(command: self, bundle: bundle, examples: examples)
    try pairs.measure()
    try options.report("batching", pairs.figures, notes: pairs.notes)
  }
}
