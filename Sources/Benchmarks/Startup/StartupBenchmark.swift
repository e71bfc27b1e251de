import ArgumentParser
import Foundation
import Models
import SafeIO

/// The seconds from the start of a fresh process to what a person waits for.
struct StartupBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "startup",
    abstract: "Seconds from the start of the graft binary to the first token and the first step.",
    discussion: """
      Runs the `graft` beside this binary, with the model in the page cache: until --version has
      ended, until a training run has loaded its model, until the first generated text, and until the
      first step of 1 × 256 tokens is written down.

      Examples:
        Benchmarks startup --model checkpoints/smollm2
      """)

  @OptionGroup var options: ReportOptions
  @OptionGroup var peers: PeerOptions

  @Option(help: "A model directory or .gguf file.")
  var model: String

  @Option(help: "The binary (default: the one beside this program).")
  var graft: String?

  @Option(parsing: .unconditional, help: "More arguments of graft train, separated by spaces.")
  var trainArguments = ""

  func run() throws {
    options.start()
    let path = try ModelBundle.origin(of: model).path
    try warmPageCache(path)
    let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("graft").path
    let launch = GraftLaunch(
      binary: graft ?? beside, model: model,
      trainArguments: trainArguments.split(separator: " ").map(String.init))
    var training: [GraftLaunch.Training] = []
    var samplers: [() throws -> Double] = [
      launch.version, launch.firstText,
      {
        training.append(try launch.training())
        return training.last?.firstStep ?? .nan
      },
    ]
    if let python = peers.peerPython {
      let scripts = peers.peerScripts
      samplers.append {
        try launch.seconds(python, ["\(scripts)/peer_decoding.py", "--once", "--model", path])
      }
      samplers.append {
        try launch.seconds(
          python,
          [
            "\(scripts)/peer_training.py", "--model", path, "--batch", "1", "--length", "256",
            "--steps", "0",
          ])
      }
    }
    for sampler in samplers { _ = try sampler() }
    training = []
    let samples = try Alternation.samples(rounds: options.rounds, samplers)
    try options.report("start-up", figures(samples, training))
  }

  private func figures(_ samples: [[Double]], _ training: [GraftLaunch.Training]) -> [Figure] {
    func references(_ allowed: Double?, _ peer: Int, _ name: String) -> [Figure.Reference] {
      let limit = allowed.map {
        [Figure.Reference(name: "allowed", values: Array(repeating: $0, count: options.rounds))]
      }
      let timed =
        samples.indices.contains(peer) ? [Figure.Reference(name: name, values: samples[peer])] : []
      return (limit ?? []) + timed
    }
    func figure(
      _ name: String, _ values: [Double], _ references: [Figure.Reference] = []
    ) -> Figure {
      Figure(name: name, unit: "s", values: values, references: references, isRate: false)
    }
    return [
      figure("--version", samples[0]),
      figure("train: model loaded", training.map(\.loaded)),
      figure("generate: first text", samples[1], references(0.7, 3, "transformers")),
      figure("train: first step 1 × 256", samples[2], references(3, 4, "PyTorch + PEFT")),
      figure("train: all of one step, saved", training.map(\.ended)),
    ]
  }

  /// Reads the files of the model once.
  private func warmPageCache(_ path: String) throws {
    var isDirectory: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    let names =
      isDirectory.boolValue
      ? try FileManager.default.contentsOfDirectory(atPath: path).map { "\(path)/\($0)" } : [path]
    for name in names { _ = try? FileHash.sha256(ofFile: name) }
  }
}
