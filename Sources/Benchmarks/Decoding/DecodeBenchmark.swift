import ArgumentParser
import Models
import SafeIO
import TensorCore

/// Prompts and decoding in f32, beside reading the weights and beside transformers' `generate`.
struct DecodeBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Tokens per second of prompts and of decoding, at several batch sizes.",
    discussion: """
      Every step of decoding reads every weight: "weights read" is how many tokens there would be if
      that were all, at the speed at which all threads read as many bytes. A large batch computes more
      than it reads, and cannot come near it.

      Examples:
        Benchmarks decode --model checkpoints/smollm2 --peer-python .venv/bin/python
      """)

  @OptionGroup var options: ReportOptions
  @OptionGroup var peers: PeerOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(parsing: .upToNextOption, help: "Sequences that are decoded together.")
  var batch: [Int] = [1, 8, 32]

  @Option(help: "Tokens of the prompt that is timed.")
  var prompt = 512

  @Option(help: "Tokens that are decoded for each sequence, after a prompt of 64.")
  var tokens = 32

  func validate() throws {
    for (name, value, limit) in [("prompt", prompt, 8192), ("tokens", tokens, 4096)]
    where !(1...limit).contains(value) {
      throw ValidationError("--\(name) must be from 1 to \(limit), got \(value).")
    }
    guard !batch.isEmpty, batch.allSatisfy({ (1...256).contains($0) }) else {
      throw ValidationError("--batch must be numbers from 1 to 256.")
    }
  }

  func run() throws {
    options.start()
    let path = try ModelBundle.origin(of: model).path
    let peer = try peers.start(
      "peer_decoding.py", ["--model", path, "--threads", "\(ThreadPool.shared.threadCount)"])
    let decoding = Decoding(try ModelBundle(path: model))
    let weights = Buffer(decoding.weightBytes / MemoryLayout<Float>.stride)
    let read = { Alternation.time { Limits.read(weights) } }

    var figures = [try measurePrompt(decoding, peer)]
    for batch in batch { figures.append(try measure(batch, decoding, peer, read)) }
    var notes = JSONObject()
    notes["weight_bytes"] = JSON(decoding.weightBytes)
    notes["peak_memory_bytes"] = JSON(ProcessMemory.peakBytes)
    notes["peer"] = peer?.ready ?? .null
    try options.report("decode", figures, notes: notes)
  }

  private func measurePrompt(_ decoding: Decoding, _ peer: Peer?) throws -> Figure {
    let request: JSON = ["batch": 1, "prompt": JSON(prompt), "tokens": 0]
    var samplers: [() throws -> Double] = [{ decoding.promptSeconds(tokens: prompt) }]
    if let peer { samplers.append { try peer.seconds(request) } }
    for sampler in samplers { _ = try sampler() }
    let seconds = try Alternation.samples(rounds: options.rounds, samplers)
    return Figure(
      "prompt of \(prompt)", "tokens/s", work: Double(prompt), seconds: seconds[0],
      references: peer == nil ? [] : [("transformers f32", Double(prompt), seconds[1])])
  }

  private func measure(
    _ batch: Int, _ decoding: Decoding, _ peer: Peer?, _ read: @escaping () -> Double
  ) throws -> Figure {
    let request: JSON = ["batch": JSON(batch), "prompt": 64, "tokens": JSON(tokens)]
    let sequences = decoding.sequences(batch, prompt: 64)
    var samplers: [() throws -> Double] = [
      { decoding.seconds(sequences, prompt: 64, tokens: tokens) }, read,
    ]
    if let peer { samplers.append { try peer.seconds(request) } }
    for sampler in samplers { _ = try sampler() }
    let seconds = try Alternation.samples(rounds: options.rounds, samplers)
    let all = Double(batch * tokens)
    var references = [("weights read", Double(batch), seconds[1])]
    if peer != nil { references.append(("transformers f32", all, seconds[2])) }
    return Figure(
      "decoding, batch \(batch)", "tokens/s", work: all, seconds: seconds[0],
      references: references)
  }
}
