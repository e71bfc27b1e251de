import Adapters
import Foundation
import Inference
import Models
import NN
import TensorCore

/// Engines and adapters for the tests of serving.
enum ServingFixture {
  /// A tiny model with a tokenizer: 320 ids, a context of 128.
  static let path = Fixture.path("llama-bpe-tied")

  static func engine(_ configuration: ServingConfiguration = .init(numerics: .exact)) throws
    -> ServingEngine
  {
    try ServingEngine(modelPath: path, configuration: configuration)
  }

  /// Writes `count` adapters of different ranks, targets and weights, each of which changes answers.
  ///
  /// - Returns: Their directories, in one that the caller removes.
  static func adapters(_ count: Int) throws -> (root: String, paths: [String]) {
    let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let targets = [["all-linear"], ["q_proj", "v_proj"], ["down_proj"]]
    let paths = try (0..<count).map { index in
      let bundle = try ModelBundle(path: path)
      let adapter = try LoRAAdapter(
        LoRAConfiguration(rank: 1 + index % 5, alpha: 8, targets: targets[index % 3]),
        attachingTo: bundle.model, seed: UInt64(index))
      var generator = RandomGenerator(seed: 77, stream: UInt64(index))
      for (_, layer) in adapter.layers {
        layer.up.value = Tensor(shape: layer.up.value.shape) { values in
          for i in 0..<layer.up.value.count { values[i] = Float(generator.nextNormal()) }
        }
      }
      let target = "\(root)/adapter-\(index)"
      try adapter.save(to: target, trainedOn: bundle.fingerprint())
      return target
    }
    return (root, paths)
  }

  /// The statistics of an engine that has nothing left to do.
  static func idleStatistics(_ engine: ServingEngine) async throws -> ServingStatistics {
    while engine.statistics.running + engine.statistics.waiting > 0 {
      try await Task.sleep(for: .milliseconds(1))
    }
    return engine.statistics
  }

  static func ids(_ count: Int, seed: UInt64) -> [Int] {
    Fixture.ids(count, seed: seed, below: 320)
  }
}
