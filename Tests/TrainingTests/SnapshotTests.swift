import Adapters
import Datasets
import Foundation
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import Testing
import Training

/// A trainer that goes on from a saved state, beside one that was never interrupted.
@Suite struct SnapshotTests {
  enum Method: CaseIterable { case lora, full, muon }

  /// A new model, what is trained in it, and rows in a random order with dropout and accumulation.
  private func trainer(_ method: Method, evaluates: Bool = false) throws -> Trainer {
    let run = try TinyRun("llama-tied")
    let model = try ModelBundle(path: run.path).model
    let trained: any TrainedWeights =
      method == .lora
      ? try LoRAAdapter(LoRAConfiguration(rank: 2, dropout: 0.2), attachingTo: model, seed: 5)
      : WholeModel(model)
    var configuration = run.configuration()
    configuration.steps = 6
    configuration.batchSize = 1
    configuration.accumulate = 3
    configuration.shuffles = true
    configuration.seed = 9
    configuration.schedule = .cosine
    configuration.clip = 1
    if method == .muon { configuration.optimizer = .muon }
    if evaluates {
      configuration.evalEvery = 2
      // One pass a document, so that a validation can be broken off.
      configuration.tokensPerPass = 1
    }
    return try Trainer(
      model: model, training: trained, examples: run.examples,
      validation: evaluates ? run.examples : [], configuration: configuration)
  }

  /// The records without their wall-clock times.
  private func run(_ trainer: Trainer, shouldStop: () -> Bool = { false }) throws -> [StepRecord] {
    var records: [StepRecord] = []
    try trainer.run(shouldStop: shouldStop) { event in
      guard case .step(var record) = event else { return }
      record.seconds = 0
      records.append(record)
    }
    return records
  }

  private func weights(_ trainer: Trainer) -> [Tensor<Float>] {
    trainer.trained.parameters.map(\.parameter.value)
  }

  /// What a state file holds of a snapshot.
  private func saved(_ snapshot: TrainerSnapshot) throws -> TrainerSnapshot {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try TrainingState(snapshot: snapshot, identity: JSONObject(), progress: JSONObject())
      .save(to: folder)
    return try TrainingState(path: folder).snapshot
  }

  @Test(arguments: Method.allCases)
  func runThatGoesOnFromAnyStepHasTheBitsOfOneThatNeverStopped(_ method: Method) throws {
    let straight = try trainer(method)
    let records = try run(straight)

    for step in 0...6 {
      let first = try trainer(method)
      let before = try run(first) { first.completedSteps == step }
      let second = try trainer(method)
      try second.restore(try saved(first.snapshot()))
      let after = try run(second)

      #expect(before.count == step && before + after == records, "\(step)")
      #expect(weights(second) == weights(straight), "\(step)")
      let (found, expected) = (second.snapshot(), straight.snapshot())
      #expect(found.optimizer == expected.optimizer, "\(step)")
      // What the next loss is compared with, and what the epoch is counted from.
      #expect(found.recentLosses == expected.recentLosses, "\(step)")
      #expect(found.recentLosses.count == 6 && found.seenRows == expected.seenRows, "\(step)")
    }
  }

  @Test func validationThatWasBrokenOffIsMadeAgain() throws {
    let straight = try trainer(.lora, evaluates: true)
    let records = try run(straight)
    #expect(records.map { $0.validationLoss != nil } == [false, true, false, true, false, true])

    for stop in [2, 6] {
      let first = try trainer(.lora, evaluates: true)
      var isValidating = false
      var before: [StepRecord] = []
      try first.run(shouldStop: { isValidating }) { event in
        if case .step(var record) = event {
          record.seconds = 0
          before.append(record)
        }
        if case .validating = event { isValidating = first.completedSteps == stop }
      }
      #expect(first.completedSteps == stop && before.count == stop - 1 && !first.isComplete)
      let second = try trainer(.lora, evaluates: true)
      try second.restore(try saved(first.snapshot()))
      let after = try run(second)

      #expect(before + after == records)
      #expect(second.isComplete && weights(second) == weights(straight))
    }
  }

  @Test func snapshotOfAnotherRunIsRefusedAndChangesNothing() throws {
    let adapter = try trainer(.lora)
    let before = weights(adapter)
    var beyond = adapter.snapshot()
    beyond.step = 7
    var fewer = adapter.snapshot()
    fewer.optimizer.removeLast()
    var other = adapter.snapshot()
    other.weights[0].value = .zeros([1, 2])

    for snapshot in [try trainer(.full).snapshot(), beyond, fewer, other] {
      let error = #expect(throws: TrainingError.self) { try adapter.restore(snapshot) }
      #expect(error?.code == "CKPT.FORMAT" && error?.failureClass == .checkpoint)
    }
    #expect(weights(adapter) == before && adapter.completedSteps == 0)
  }

  @Test func everyBitOfAStateIsProven() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var identity = JSONObject()
    identity["seed"] = "1"
    try TrainingState(
      snapshot: try trainer(.lora).snapshot(), identity: identity, progress: JSONObject()
    ).save(to: folder)

    var (flips, found) = (0, 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let file = URL(filePath: "\(folder)/\(name)")
      let whole = try Data(contentsOf: file)
      for place in stride(from: 0, to: whole.count, by: max(1, whole.count / 97)) {
        var changed = whole
        changed[place] ^= UInt8(1) << UInt8(place % 8)
        try changed.write(to: file)
        flips += 1
        do { _ = try TrainingState(path: folder) } catch is FileManifest.Damage { found += 1 }
      }
      for length in [0, 1, whole.count / 2, whole.count - 1] {
        try whole.prefix(length).write(to: file)
        #expect(throws: FileManifest.Damage.self) { _ = try TrainingState(path: folder) }
      }
      try FileManager.default.removeItem(at: file)
      #expect(throws: FileManifest.Damage.self) { _ = try TrainingState(path: folder) }
      try whole.write(to: file)
    }

    #expect(flips > 200 && found == flips)
    #expect(try TrainingState(path: folder).identity["seed"]?.string == "1")
  }
}
