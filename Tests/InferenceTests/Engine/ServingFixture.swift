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

  /// Writes `count` adapters of different ranks, targets and weights, each of which changes answers: every second one
  /// a DoRA, every third one with token rows of its own.
  ///
  /// - Returns: Their directories, in one that the caller removes.
  static func adapters(_ count: Int) throws -> (root: String, paths: [String]) {
    let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let targets = [["all-linear"], ["q_proj", "v_proj"], ["down_proj"]]
    let paths = try (0..<count).map { index in
      let bundle = try ModelBundle(path: path)
      var configuration = LoRAConfiguration(
        rank: 1 + index % 5, alpha: 8, targets: targets[index % 3])
      configuration.usesDoRA = index % 2 == 1
      if index % 3 == 2 { configuration.trainedTokens = Set(ids(60, seed: 5)).sorted() }
      let adapter = try LoRAAdapter(
        configuration, attachingTo: bundle.model, seed: UInt64(index))
      var generator = RandomGenerator(seed: 77, stream: UInt64(index))
      func noise(_ tensor: Tensor<Float>, _ scale: Float) -> Tensor<Float> {
        Tensor(
          tensor.scalars.map { $0 + scale * Float(generator.nextNormal()) }, shape: tensor.shape)
      }
      for (_, layer) in adapter.layers {
        layer.up.value = noise(layer.up.value, 1)
        if let magnitude = layer.magnitude { magnitude.value = noise(magnitude.value, 0.1) }
      }
      for (_, table) in adapter.tokenRows { table.rows.value = noise(table.rows.value, 0.1) }
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
