import ArgumentParser
import Inference
import SafeIO

/// How long readers wait for their next token while somebody's long prompt is computed.
struct LongPromptBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "long-prompt",
    abstract: "Gaps between tokens with and without a long prompt arriving.",
    discussion: """
      Clients read their answers; the gaps between the pieces that they get are measured twice in turn,
      alone and while the long prompt is computed.

      Examples:
        Benchmarks long-prompt --model checkpoints/smollm2 --rounds 3
      """)

  @OptionGroup var options: ReportOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "Clients that read.")
  var clients = 4

  @Option(help: "Tokens of the long prompt.")
  var prompt = 8000

  @Option(help: "Tokens of each reader's answer.")
  var tokens = 200

  func run() throws {
    options.start()
    let engine = try ServingEngine(
      modelPath: model, configuration: ServingConfiguration(cachesPrefixes: false))
    guard (1..<engine.context).contains(prompt), (1...64).contains(clients),
      (10..<engine.context / 2).contains(tokens)
    else { throw ValidationError("--prompt, --clients or --tokens is out of range.") }
    _ = try gaps(engine, prompt: nil)
    var samples: [[Double]] = [[], [], [], []]
    for _ in 0..<options.rounds {
      for (place, prompt) in [nil, prompt].enumerated() {
        let gaps = try gaps(engine, prompt: prompt).sorted()
        samples[place].append(1000 * gaps[min(gaps.count - 1, gaps.count * 99 / 100)])
        samples[2 + place].append(1000 * gaps[gaps.count / 2])
      }
    }
    try options.report(
      "long-prompt",
      [
        figure("99th percentile of gaps, prompt of \(prompt)", samples[1], samples[0]),
        figure("median gap, prompt of \(prompt)", samples[3], samples[2]),
      ])
  }

  private func figure(_ name: String, _ values: [Double], _ alone: [Double]) -> Figure {
    Figure(
      name: name, unit: "ms", values: values, references: [.init(name: "without", values: alone)],
      isRate: false)
  }

  /// The seconds between the tokens that readers get, all of them together.
  private func gaps(_ engine: ServingEngine, prompt: Int?) throws -> [Double] {
    let (clients, tokens) = (clients, tokens)
    return try Blocking.run {
      var long: ServingTicket?
      return try await withThrowingTaskGroup(of: [Double].self) { group in
        for index in 0..<clients {
          var request = ServingRequest(
            prompt: (0..<16).map { 100 + 31 * $0 + index }, maxTokens: tokens)
          (request.ignoresEndOfSequence, request.client) = (true, "\(index)")
          let ticket = try engine.submit(request)
          group.addTask { await Self.gaps(ticket) }
        }
        if let prompt {
          try await Task.sleep(for: .milliseconds(200))
          long = try engine.submit(
            ServingRequest(
              prompt: (0..<prompt).map { 100 + $0 % 4000 }, maxTokens: 1, client: "long"))
        }
        var all: [Double] = []
        for try await gaps in group { all += gaps }
        long?.cancel()
        return all
      }
    }
  }

  private static func gaps(_ ticket: ServingTicket) async -> [Double] {
    var gaps: [Double] = []
    var last: ContinuousClock.Instant?
    for await event in ticket.events {
      guard case .text(_, _, let tokens) = event, !tokens.isEmpty else { continue }
      let now = ContinuousClock.now
      if let last { gaps.append((now - last) / .seconds(1)) }
      last = now
    }
    return gaps
  }
}
