import Inference
import TensorCore

/// A random load of one engine: requests, adapters that come, change and go, and clients that leave.
struct ServingSchedule {
  /// A request as its client remembers it: with the directory of the adapter that had the name then.
  struct Asked: Hashable {
    var prompt: [Int]
    var adapter: Int?
    var seed: UInt64
    var temperature: Double
    var penalty: Double
    var maxTokens: Int
    var choices: Int
    var topLogprobs: Int?
    var scoresPrompt: Bool
    var looksUp: Bool

    func request(_ handle: AdapterHandle?) -> ServingRequest {
      var request = ServingRequest(
        prompt: prompt, adapter: handle,
        sampling: .init(
          temperature: temperature, topP: 0.95, presencePenalty: penalty, seed: seed),
        maxTokens: maxTokens, choices: choices, topLogprobs: topLogprobs)
      (request.scoresPrompt, request.usesPromptLookup) = (scoresPrompt, looksUp)
      return request
    }
  }

  /// What is done to the engine.
  enum Operation {
    case ask(Asked, client: Int, cancelsAfter: Int?)
    /// Loads an adapter under a name, whether it is taken or not.
    case load(name: String, adapter: Int)
    case unload(name: String)
    /// Waits for an answer that is due.
    case wait
  }

  static let names = ["x", "y", "z"]
  let operations: [Operation]
  let configuration: ServingConfiguration

  /// The schedule of a seed.
  ///
  /// - Parameters:
  ///   - seed: Decides everything.
  ///   - count: How many operations.
  ///   - adapters: How many adapters there are to choose from.
  init(seed: UInt64, count: Int, adapters: Int) {
    var random = RandomGenerator(seed: seed, stream: 3)
    func pick(_ bound: Int) -> Int { random.nextIndex(below: bound) }
    // Few beginnings of prompts, so that many are known, under every adapter.
    let beginnings = (0..<3).map { ServingFixture.ids([96, 70, 33][$0], seed: UInt64($0)) }
    var loaded: [String: Int] = [:]
    operations = (0..<count).map { _ in
      switch pick(20) {
      case 0..<3:
        let (name, adapter) = (Self.names[pick(3)], pick(adapters))
        loaded[name] = adapter
        return .load(name: name, adapter: adapter)
      case 3:
        let name = Self.names[pick(3)]
        loaded[name] = nil
        return .unload(name: name)
      case 4..<7: return .wait
      default:
        let beginning = beginnings[pick(3)]
        let prompt =
          beginning.prefix(1 + pick(beginning.count))
          + ServingFixture.ids(pick(4), seed: random.next())
        let asked = Asked(
          prompt: Array(prompt), adapter: loaded[Self.names[pick(3)]], seed: UInt64(pick(4)),
          temperature: [0, 0.8, 1.5][pick(3)], penalty: [0, 0, 1][pick(3)],
          maxTokens: 1 + pick(20), choices: pick(6) == 0 ? 3 : 1,
          topLogprobs: [nil, 0, 3][pick(3)], scoresPrompt: pick(8) == 0, looksUp: pick(3) == 0)
        return .ask(asked, client: pick(4), cancelsAfter: pick(6) == 0 ? pick(6) : nil)
      }
    }
    configuration = ServingConfiguration(
      numerics: seed % 2 == 0 ? .exact : .fast, cacheTokens: [384, 640, 2048][pick(3)],
      maxBatchTokens: [5, 32, 256][pick(3)], maxSequences: [3, 8, 32][pick(3)], maxQueue: 1000,
      cachesPrefixes: pick(5) > 0)
  }
}
