import ArgumentParser
import Foundation
import Inference
import SafeIO
import TensorCore

/// Clients on as many adapters, beside the same clients on one adapter and on none.
struct AdaptersMixBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapters-mix",
    abstract: "Tokens per second of clients that all use different adapters.",
    discussion: """
      Every client asks for one answer of the same length; the time is that until all have theirs.
      Adapters have random weights on all seven projections. With --registered, as many are loaded
      besides, for the memory that they take.

      Examples:
        Benchmarks adapters-mix --model checkpoints/smollm2
        Benchmarks adapters-mix --model checkpoints/smollm2 --registered 1000 --rounds 1
      """)

  @OptionGroup var options: ReportOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "Clients, each with an adapter of its own.")
  var clients = 16

  @Option(help: "Rank of the adapters.")
  var rank = 8

  @Option(help: "Tokens of each answer, after a prompt of 16.")
  var tokens = 48

  @Option(help: "Adapters that are loaded in all, at least one a client.")
  var registered = 0

  func validate() throws {
    for (name, value, range) in [
      ("clients", clients, 1...64), ("rank", rank, 1...256), ("tokens", tokens, 1...1024),
      ("registered", registered, 0...100_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name) must be from \(range.lowerBound) to \(range.upperBound), got \(value).")
    }
  }

  func run() throws {
    options.start()
    let engine = try ServingEngine(
      modelPath: model, configuration: ServingConfiguration(cachesPrefixes: false))
    let before = ProcessMemory.peakBytes
    let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let shape = engine.modelConfiguration
    var handles: [AdapterHandle?] = []
    for index in 0..<clients {
      let path = "\(root)/\(index)"
      try RandomAdapter.write(to: path, rank: rank, seed: index, configuration: shape)
      handles.append(try engine.adapters.load(name: "adapter-\(index)", path: path))
    }
    for index in clients..<max(clients, registered) {
      try engine.adapters.load(name: "adapter-\(index)", path: "\(root)/\(index % clients)")
    }

    let one = [AdapterHandle?](repeating: handles[0], count: clients)
    let none = [AdapterHandle?](repeating: nil, count: clients)
    let samplers: [() throws -> Double] = [handles, one, none].map { mix in
      { try self.seconds(engine, mix) }
    }
    for sampler in samplers { _ = try sampler() }
    let samples = try Alternation.samples(rounds: options.rounds, samplers)
    let all = Double(clients * tokens)
    var notes = JSONObject()
    notes["registered"] = JSON(engine.adapters.list.count)
    notes["adapter_bytes"] = JSON(engine.adapters.list.reduce(0) { $0 + $1.bytes })
    notes["peak_memory_before_adapters"] = JSON(before)
    notes["peak_memory_bytes"] = JSON(ProcessMemory.peakBytes)
    try options.report(
      "adapters-mix",
      [
        Figure(
          "\(clients) clients, \(clients) adapters of rank \(rank)", "tokens/s", work: all,
          seconds: samples[0],
          references: [("one adapter", all, samples[1]), ("no adapter", all, samples[2])])
      ], notes: notes)
    if options.json != "-" {
      print(
        "\(engine.adapters.list.count) adapters registered; peak memory "
          + "\(ProcessMemory.peakBytes >> 20) MiB, before they were loaded \(before >> 20) MiB")
    }
  }

  /// The time until every client has its answer.
  private func seconds(_ engine: ServingEngine, _ mix: [AdapterHandle?]) throws -> Double {
    let tokens = tokens
    return try Blocking.run {
      let start = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, handle) in mix.enumerated() {
          var request = ServingRequest(
            prompt: (0..<16).map { 100 + 31 * $0 + index }, adapter: handle, maxTokens: tokens)
          (request.ignoresEndOfSequence, request.client) = (true, "\(index)")
          let ticket = try engine.submit(request)
          group.addTask { _ = try await ticket.answer() }
        }
        try await group.waitForAll()
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
  }
}
