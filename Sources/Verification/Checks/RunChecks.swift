import Adapters
import Datasets
import Models
import NN
import SafeIO
import TensorCore
import Training

extension Verifier {
  func frozenWeights() throws -> Measurement {
    let examples = subject.rows.shortest(2)
    let adapted = try subject.adapted()
    let frozen = adapted.model.parameters.filter { !$0.parameter.isTrainable }
    let before = frozen.map { Self.hash($0.parameter.value) }
    let trainedBefore = adapted.adapter.parameters.map(\.parameter.value)
    var configuration = steps(2, rows: examples.count)
    // What decays must not decay what is frozen.
    configuration.weightDecay = 0.1
    _ = try procedures.train(
      .init(
        model: adapted.model, trained: adapted.adapter, examples: examples,
        configuration: configuration))
    let changed = zip(frozen, before).filter { Self.hash($0.parameter.value) != $1 }.map(\.0.path)
    let moved = Difference.bits(adapted.adapter.parameters.map(\.parameter.value), trainedBefore)
    let first = changed.first.map { ", first \($0)" } ?? ""
    return Measurement(
      error: Double(changed.count),
      note: "\(frozen.count) tensors by SHA-256, \(moved) trained numbers moved\(first)",
      isEmpty: moved == 0 || frozen.isEmpty)
  }

  private static func hash(_ tensor: Tensor<Float>) -> String {
    var hash = StreamHash()
    tensor.withUnsafePointer {
      hash.add(UnsafeRawBufferPointer(start: $0, count: 4 * tensor.count))
    }
    return hash.finish()
  }

  func threads() throws -> Measurement {
    let examples = subject.rows.shortest(2)
    var results: [[Tensor<Float>]] = []
    for threads in 1...3 {
      let adapted = try subject.adapted()
      let outcome = try ThreadPool.shared.withThreads(threads) {
        try procedures.train(
          .init(
            model: adapted.model, trained: adapted.adapter, examples: examples,
            configuration: steps(1, rows: examples.count)))
      }
      results.append(outcome.snapshot.weights.map(\.value) + outcome.snapshot.optimizer)
    }
    let differing = results.dropFirst().reduce(0) { $0 + Difference.bits($1, results[0]) }
    return Measurement(
      error: Double(differing), note: "a step's weights and averages, \(Self.count(results[0]))")
  }

  func resume() throws -> Measurement {
    let examples = subject.rows.examples
    var configuration = steps(4, rows: 1)
    configuration.accumulate = 2
    configuration.shuffles = true
    configuration.seed = 9
    configuration.schedule = .cosine
    configuration.clip = 1
    func task(_ start: TrainerSnapshot?, stop: Int?) throws -> Procedures.Task {
      let adapted = try subject.adapted()
      return .init(
        model: adapted.model, trained: adapted.adapter, examples: examples,
        configuration: configuration, start: start, stop: stop)
    }
    let straight = try procedures.train(task(nil, stop: nil))
    let half = try procedures.train(task(nil, stop: 2))
    let resumed = try procedures.train(task(procedures.restored(half.snapshot), stop: nil))
    let (found, expected) = (resumed.snapshot, straight.snapshot)
    let differing =
      Difference.bits(
        found.weights.map(\.value) + found.optimizer,
        expected.weights.map(\.value) + expected.optimizer)
      + zip(half.losses + resumed.losses, straight.losses).count { $0 != $1 }
      + abs(half.losses.count + resumed.losses.count - straight.losses.count)
      + (found.seenRows == expected.seenRows ? 0 : 1)
      + (found.recentLosses == expected.recentLosses ? 0 : 1)
    return Measurement(
      error: Double(differing),
      note: "2 of 4 steps, a saved state, the other 2: \(Self.count(expected.optimizer))")
  }

  private static func count(_ tensors: [Tensor<Float>]) -> String {
    "\(tensors.reduce(0) { $0 + $1.count }) numbers"
  }

  func overfit() throws -> Measurement {
    let examples = subject.rows.shortest(2)
    let adapted = try subject.freshlyAdapted()
    var configuration = steps(10, rows: examples.count)
    configuration.learningRate = 5e-3
    configuration.clip = 1
    let losses = try procedures.train(
      .init(
        model: adapted.model, trained: adapted.withoutDropout, examples: examples,
        configuration: configuration)
    ).losses
    guard let first = losses.first, let last = losses.last else {
      return Measurement(error: .nan, note: "no step was taken")
    }
    return Measurement(
      error: last / max(first, 1e-30),
      note: "loss \(first.brief) to \(last.brief) in \(losses.count) steps, a new adapter")
  }
}
