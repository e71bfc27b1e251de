package import Adapters
package import Datasets
import Foundation
package import Inference
package import Models
import NN
import SafeIO
package import TensorCore
package import Training

/// What the checks try: the product's own operations.
///
/// Each check is proven by a test that puts a broken one in the place of its operation. Nothing else ever
/// does.
package struct Procedures {
  /// Steps to take.
  package struct Task {
    package var model: DecoderLM
    package var trained: any TrainedWeights
    package var examples: [Example]
    package var configuration: TrainingConfiguration
    /// Where to go on from.
    package var start: TrainerSnapshot?
    /// The step to stop after, before the last.
    package var stop: Int?
  }

  /// What the trainer held at the end, and the loss of each step.
  package struct Trained {
    package var snapshot: TrainerSnapshot
    package var losses: [Double]
  }

  /// Trains.
  package var train: (Task) throws -> Trained = Self.train
  /// The losses of documents, side by side up to a number of tokens.
  package var losses: (DecoderLM, [LossEvaluator.Document], Int) -> [LossEvaluator.Loss] = {
    LossEvaluator(model: $0, tokensPerBatch: $2).losses($1)
  }
  /// The logits after each piece of a sequence, with what was computed of those before.
  package var continued: (DecoderLM, [[Int]]) -> [Tensor<Float>] = { model, pieces in
    let cache = SequenceCache()
    let decoder = CachedDecoder(model)
    return pieces.map { decoder.step([Feed(cache, $0)]) }
  }
  /// The tokens of the answers to all prompts, side by side.
  package var answers: (DecoderLM, [GenerationRequest]) throws -> [[Int]] = { model, requests in
    try BatchGenerator(model: model, tokenizer: nil, maximumBatch: requests.count)
      .generate(requests).map(\.tokens)
  }
  /// The model with the adapter's update in its weights, and no adapter.
  package var merged: (Subject.Adapted, Subject) throws -> DecoderLM = Self.merged
  /// Switches an adapter off.
  package var switchOff: (LoRAAdapter) -> Void = { $0.isEnabled = false }
  /// The adapter, saved and loaded around another model.
  package var reloaded: (LoRAAdapter, DecoderLM) throws -> LoRAAdapter = { adapter, model in
    try inScratchDirectory { path in
      try adapter.save(to: path, baseModelName: nil)
      return try LoRAAdapter(path: path, attachingTo: model)
    }
  }
  /// A state, saved and loaded.
  package var restored: (TrainerSnapshot) throws -> TrainerSnapshot = { snapshot in
    try inScratchDirectory { path in
      let state = TrainingState(
        snapshot: snapshot, identity: JSONObject(), progress: JSONObject())
      try state.save(to: "\(path)/state")
      return try TrainingState(path: "\(path)/state").snapshot
    }
  }

  package init() {}

  private static func train(_ task: Task) throws -> Trained {
    let trainer = try Trainer(
      model: task.model, training: task.trained, examples: task.examples,
      configuration: task.configuration)
    if let start = task.start { try trainer.restore(start) }
    var losses: [Double] = []
    try trainer.run(shouldStop: { trainer.completedSteps == task.stop }) { event in
      if case .step(let record) = event { losses.append(record.loss) }
    }
    return Trained(snapshot: trainer.snapshot(), losses: losses)
  }

  private static func merged(_ adapted: Subject.Adapted, _ subject: Subject) throws -> DecoderLM {
    let model = subject.base()
    let weights = adapted.adapter.weights
    let updates = Dictionary(uniqueKeysWithValues: weights.projections.map { ($0.path, $0) })
    model.updateProjections { path, layer in
      guard let update = updates[path], let linear = layer as? Linear else { return }
      layer = Linear(weight: update.merged(into: linear.weight.value), bias: linear.bias?.value)
    }
    for table in weights.tokenRows {
      let parameter = model.parameters.first { $0.path == "\(table.path).weight" }?.parameter
      guard let parameter else { continue }
      var scalars = parameter.value.scalars
      let (rows, width) = (table.rows.scalars, table.rows.shape[1])
      for (place, id) in table.ids.enumerated() {
        scalars.replaceSubrange(
          Int(id) * width..<(Int(id) + 1) * width, with: rows[place * width..<(place + 1) * width])
      }
      parameter.value = Tensor(scalars, shape: parameter.value.shape)
    }
    return model
  }
}

/// Calls `body` with an empty directory, which is removed afterwards.
private func inScratchDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("graft-verify-\(UUID().uuidString)").path
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw IOFailure.system("create", path)
  }
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
