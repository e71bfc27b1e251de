import Adapters
import ArgumentParser
import Datasets
import Foundation
import ModelFiles
import Models
import SafeIO
import TensorCore
import Training

/// Optimizer steps on random tokens, all supervised: what `scripts/peer_training.py` times for PyTorch.
struct TrainingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training",
    abstract: "Tokens per second of LoRA steps on random tokens, all supervised.",
    discussion: "scripts/peer_training.py times the same step in PyTorch + PEFT.")

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "Rows of a step.")
  var batchSize = 8

  @Option(help: "Tokens of a row.")
  var length = 256

  @Option(help: "Counted steps, after one that is not.")
  var steps = 4

  @Option(help: "Rank of the adapter; alpha is twice that.")
  var rank = 16

  func validate() throws {
    for (name, value, limit) in [
      ("batch-size", batchSize, 4096), ("length", length, 1 << 20), ("steps", steps, 10_000),
      ("rank", rank, 4096),
    ] where !(1...limit).contains(value) {
      throw ValidationError("--\(name) must be from 1 to \(limit), got \(value).")
    }
  }

  func run() throws {
    let bundle = try ModelBundle(path: model)
    let adapter = try LoRAAdapter(
      LoRAConfiguration(rank: rank, alpha: Double(2 * rank)), attachingTo: bundle.model, seed: 0)
    var generator = RandomGenerator(seed: 0)
    let examples = (0..<batchSize).map { _ in
      let ids = (0..<length).map { _ in
        Int32(generator.nextIndex(below: bundle.configuration.vocabularySize))
      }
      return Example(
        ids: ids, labels: ids, targetBytes: 0, promptIDs: [], answer: nil, sourceLine: 1)
    }
    var configuration = TrainingConfiguration()
    configuration.steps = steps + 1
    configuration.batchSize = batchSize
    configuration.learningRate = 2e-4
    configuration.schedule = .constant
    var records: [StepRecord] = []
    try Trainer(
      model: bundle.model, training: adapter, examples: examples, configuration: configuration
    ).run { if case .step(let record) = $0 { records.append(record) } }
    let rates = Timing(records.dropFirst().map { Double($0.totalTokens) / $0.seconds })
    let result: JSON = [
      "batch": JSON(batchSize), "length": JSON(length), "rank": JSON(rank),
      "threads": JSON(ThreadPool.shared.threadCount), "kernels": JSON(KernelSelection.name),
      "blas": JSON(blasCoreName), "timed_steps": JSON(steps),
      "tokens_per_second": [
        "median": JSON(rates.median), "min": JSON(rates.seconds.first ?? 0),
        "max": JSON(rates.seconds.last ?? 0),
      ], "peak_memory_bytes": JSON(ProcessMemory.peakBytes),
      "losses": JSON(records.map { JSON($0.loss) }),
    ]
    print(result.serialized(pretty: true))
  }
}
