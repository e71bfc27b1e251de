import Foundation
import Inference
import Models
import SafeIO
import TensorCore
import Testing

enum Fixture {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Models of random weights; see Tests/Fixtures/Models/README.md.
  static func path(_ name: String) -> String {
    root.appendingPathComponent("Tests/Fixtures/Models/\(name)").path
  }

  static func bundle(_ name: String) throws -> ModelBundle { try ModelBundle(path: path(name)) }

  /// Token ids below `limit` that look random and never change.
  static func ids(_ count: Int, seed: UInt64, below limit: Int = 96) -> [Int] {
    var generator = RandomGenerator(seed: seed)
    return (0..<count).map { _ in 3 + generator.nextIndex(below: limit - 3) }
  }
}

extension CachedDecoder {
  /// The logits after the last of `tokens`, one sequence alone.
  func logits(_ tokens: [Int], _ cache: SequenceCache) -> [Float] {
    step([Feed(cache, tokens)]).scalars
  }
}
