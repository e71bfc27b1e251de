import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Models
import SafeIO
import TensorCore

/// Prompts and decoding on quantised weights, beside reading them and beside llama.cpp.
struct ServingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serving",
    abstract: "Tokens per second of the serving forward pass, at several batch sizes.",
    discussion: """
      Every step of decoding reads every weight once: "weights read" is how many tokens there would be at
      batch 1 if that were all, at the speed at which all threads read as many bytes.

      Examples:
        Benchmarks serving --model checkpoints/smollm2 --llama-bench llama.cpp/build/bin/llama-bench
      """)

  @OptionGroup var options: ReportOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "llama-bench, to be run in turn on the same file.")
  var llamaBench: String?

  @Option(
    parsing: .upToNextOption, help: "The same weights in other formats, for llama-bench alone.")
  var llamaModel: [String] = []

  @Option(parsing: .upToNextOption, help: "Sequences that are decoded together.")
  var batch: [Int] = [1, 8]

  @Option(parsing: .upToNextOption, help: "Adapters of the sequences, in turn; none: the base.")
  var adapter: [String] = []

  @Option(help: "Tokens of the prompt that is timed.")
  var prompt = 512

  @Option(help: "Tokens that are decoded for each sequence.")
  var tokens = 64

  @Option(help: "Tokens that each sequence holds before; llama-bench then begins there too.")
  var depth: Int?

  @Option(help: "What weights are multiplied in: fast or exact.")
  var numerics = "fast"

  func validate() throws {
    for (name, value, limit) in [("prompt", prompt, 8192), ("tokens", tokens, 4096)]
      + (depth.map { [("depth", $0, 131_072)] } ?? []) where !(1...limit).contains(value)
    {
      throw ValidationError("--\(name) must be from 1 to \(limit), got \(value).")
    }
    guard !batch.isEmpty, batch.allSatisfy({ (1...256).contains($0) }) else {
      throw ValidationError("--batch must be numbers from 1 to 256.")
    }
    guard ServingNumerics(rawValue: numerics) != nil else {
      throw ValidationError("--numerics must be fast or exact, got '\(numerics)'.")
    }
  }

  private var held: Int { depth ?? 64 }

  func run() throws {
    options.start()
    let start = Date()
    let loaded = try ServingModel(
      path: model, numerics: ServingNumerics(rawValue: numerics) ?? .fast)
    let loadSeconds = Date().timeIntervalSince(start)
    let adapters = try adapter.map { try loaded.adapter(path: $0) }
    let serving = Serving(
      loaded, tokens: max(prompt, (batch.max() ?? 1) * (held + tokens + 64)) + 64)
    var figures = [try measurePrompt(serving)]
    // Before the buffer that only the bandwidth needs.
    let peak = ProcessMemory.peakBytes
    let weights = Buffer(loaded.weightBytes / MemoryLayout<Float>.stride)
    for batch in batch { figures.append(try measure(batch, serving, weights, adapters)) }
    var notes = JSONObject()
    notes["numerics"] = JSON(numerics)
    notes["weight_bytes"] = JSON(loaded.weightBytes)
    notes["load_seconds"] = JSON(loadSeconds)
    notes["peak_memory_bytes"] = JSON(peak)
    notes["adapter_bytes"] = JSON(adapters.map { JSON($0.bytes) })
    try options.report("serving", figures, notes: notes)
  }

  private func peers(_ test: [String]) -> [(name: String, run: () throws -> Double)] {
    guard let llamaBench else { return [] }
    let path = (try? ModelBundle.origin(of: model).path) ?? model
    return ([path] + llamaModel).map { file in
      let name = "llama.cpp " + (file.split(separator: "/").last.map { String($0) } ?? file)
      return (
        name,
        {
          try LlamaCPP.tokensPerSecond(
            llamaBench, model: file, threads: ThreadPool.shared.threadCount, test)
        }
      )
    }
  }

  private func figure(
    _ name: String, _ work: Double, _ ours: @escaping () -> Double,
    _ others: [(name: String, run: () throws -> Double)]
  ) throws -> Figure {
    let samplers = [{ work / ours() }] + others.map { $0.run }
    for sampler in samplers { _ = try sampler() }
    let values = try Alternation.samples(rounds: options.rounds, samplers)
    return Figure(
      name: name, unit: "tokens/s", values: values[0],
      references: zip(others, values.dropFirst()).map {
        Figure.Reference(name: $0.name, values: $1)
      })
  }

  private func measurePrompt(_ serving: Serving) throws -> Figure {
    try figure(
      "prompt of \(prompt)", Double(prompt), { serving.promptSeconds(tokens: prompt) },
      peers(["-p", "\(prompt)", "-n", "0"]))
  }

  private func measure(
    _ batch: Int, _ serving: Serving, _ weights: Buffer, _ adapters: [ServingAdapter]
  ) throws -> Figure {
    let sequences = serving.sequences(batch, prompt: held, tokens: tokens)
    var others: [(name: String, run: () throws -> Double)] = [
      ("weights read", { Double(batch) / Alternation.time { Limits.read(weights) } })
    ]
    if batch == 1 {
      others += peers(["-p", "0", "-n", "\(tokens)"] + (depth.map { ["-d", "\($0)"] } ?? []))
    }
    return try figure(
      "decoding, batch \(batch)", Double(batch * tokens),
      { serving.seconds(sequences, tokens: tokens, adapters: adapters) }, others)
  }
}
