import Adapters
public import ArgumentParser
import Datasets
import Foundation
import ModelFiles
public import Models
import SafeIO
import TensorCore
import Training

/// Optimizer steps on random tokens, all supervised, in turn with those of PyTorch + PEFT.
struct TrainingBenchmark: ParsableCommand {
  enum Method: String, CaseIterable, ExpressibleByArgument { case lora, full }

  static let configuration = CommandConfiguration(
    commandName: "training",
    abstract: "Tokens per second of training steps on random tokens, all supervised.",
    discussion: """
      With --peer-python, each of our steps is followed by one of each --peer-mode, which
      scripts/peer_training.py explains. Peers compile before the first counted round.

      Examples:
        Benchmarks training --model checkpoints/smollm2
        Benchmarks training --model checkpoints/smollm2 --peer-python .venv/bin/python \\
          --peer-mode lora-f32 lora-f32-compile --json lora-f32.json
      """)

  @OptionGroup var options: ReportOptions
  @OptionGroup var peers: PeerOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "What is trained: lora, or full for every weight.")
  var method = Method.lora

  @Option(help: "How the frozen base is held and multiplied: f32 or bf16.")
  var precision = Precision.f32

  @Option(parsing: .upToNextOption, help: "Modes of scripts/peer_training.py.")
  var peerMode: [String] = ["lora-f32"]

  @Option(help: "Rows of a step.")
  var batchSize = 8

  @Option(help: "Tokens of a row.")
  var length = 256

  @Option(help: "Rank of the adapter; alpha is twice that.")
  var rank = 16

  @Option(help: "Tokens that are computed at a time.")
  var tokensPerPass = TrainingConfiguration().tokensPerPass

  @Flag(help: "Compute activations again in the backward pass instead of keeping them.")
  var recompute = false

  func validate() throws {
    for (name, value, limit) in [
      ("batch-size", batchSize, 4096), ("length", length, 1 << 20), ("rank", rank, 4096),
      ("tokens-per-pass", tokensPerPass, 1 << 24),
    ] where !(1...limit).contains(value) {
      throw ValidationError("--\(name) must be from 1 to \(limit), got \(value).")
    }
    if method == .full && precision != .f32 {
      throw ValidationError(
        "--precision \(precision) needs --method lora: it is for a frozen base.")
    }
  }

  func run() throws {
    options.start()
    let place = try ModelBundle.origin(of: model).path
    let running = try peers.peerPython == nil ? [] : peerMode.map { try startPeer($0, place) }
    let bundle = try ModelBundle(path: model)
    let run = TrainingPairs(command: self, bundle: bundle, peers: running)
    try run.measure()
    try options.report("training", run.figures, notes: run.notes)
  }

  private func startPeer(_ mode: String, _ path: String) throws -> TrainingPairs.PeerRun {
    let peer = try peers.start(
      "peer_training.py",
      [
        "--serve", "--model", path, "--mode", mode, "--batch", "\(batchSize)", "--length",
        "\(length)", "--rank", "\(rank)", "--threads", "\(ThreadPool.shared.threadCount)",
      ])
    return TrainingPairs.PeerRun(mode: mode, peer: peer)
  }
}

extension Precision: ExpressibleByArgument {}
