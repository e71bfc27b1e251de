import Adapters
import Autodiff
import Datasets
import Foundation
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import TestSupport
import Testing
import Training

/// A tiny model and adapter of `Fixtures/Models` with the batch that PEFT trained on.
struct TinyRun {
  let path: String
  let model: DecoderLM
  let adapter: LoRAAdapter
  let examples: [Example]
  let json: JSON

  /// With PEFT's adapter, or with a new one.
  init(_ name: String, adapter: String = "adapter", new: LoRAConfiguration? = nil) throws {
    path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/Models/\(name)").standardizedFileURL.path()
    model = try ModelBundle(path: path).model
    self.adapter =
      if let new {
        try LoRAAdapter(new, attachingTo: model, seed: 0)
      } else {
        try LoRAAdapter(path: "\(path)/\(adapter)", attachingTo: model)
      }
    json = try Self.read("\(path)/lora.json")
    let documents = try Self.read("\(path)/reference.json")["documents"]?.array ?? []
    examples = documents.map { document in
      let numbers = { (key: String) in
        (document[key]?.array ?? []).compactMap { $0.int.map(Int32.init) }
      }
      return Example(
        ids: numbers("input_ids"), labels: numbers("labels"), targetBytes: 0, promptIDs: [],
        answer: nil, sourceLine: 1)
    }
  }

  private static func read(_ path: String) throws -> JSON {
    try JSON(parsing: InputFile.contents(of: path, maxBytes: 1 << 20))
  }

  /// The optimizer settings of `lora.json`.
  func configuration() -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.steps = 10
    configuration.batchSize = 2
    configuration.learningRate = json["optimizer"]?["learning_rate"]?.double ?? 0
    configuration.weightDecay = json["optimizer"]?["weight_decay"]?.double ?? 0
    configuration.schedule = .constant
    configuration.clip = nil
    configuration.shuffles = false
    return configuration
  }

  func train(_ configuration: TrainingConfiguration) throws -> [StepRecord] {
    var records: [StepRecord] = []
    let trainer = try Trainer(
      model: model, training: adapter, examples: examples, configuration: configuration)
    try trainer.run { if case .step(let record) = $0 { records.append(record) } }
    return records
  }
}

/// Ten steps against PEFT and torch.optim.AdamW (`Fixtures/Models/README.md`).
@Suite struct TrainerReferenceTests {
  private func expectSteps(_ records: [StepRecord], _ expected: [JSON], _ name: String) throws {
    #expect(records.count == 10 && expected.count == 10)
    for (record, step) in zip(records, expected) {
      let loss = try #require(step["loss"]?.double)
      let norm = try #require(step["gradient_norm"]?.double)
      #expect(
        abs(record.loss - loss) <= 1e-4 * loss, "\(name) \(record.step): \(record.loss), \(loss)")
      #expect(abs(record.gradientNorm - norm) <= 1e-3 * norm, "\(name) \(record.step)")
      #expect(
        abs(record.learningRate - (step["learning_rate"]?.double ?? -1)) < 1e-9, "\(record.step)")
    }
  }

  private func expectLogits(_ run: TinyRun, _ prefix: String) throws {
    let arrays = try SafetensorsFile(path: "\(run.path)/lora.safetensors")
    for (index, example) in run.examples.enumerated() {
      let context = run.model.context(DocumentSegments(lengths: [example.ids.count]))
      expectClose(
        run.model.logits(example.ids, in: context).value.scalars,
        try arrays.readFloats("\(prefix).\(index)"), within: 1e-3, "\(prefix) \(index)")
    }
  }

  @Test(arguments: ["llama-untied", "llama-tied"])
  func tenStepsMatchPEFT(_ name: String) throws {
    let run = try TinyRun(name)

    let records = try run.train(run.configuration())

    try expectSteps(records, run.json["steps"]?.array ?? [], name)
    try expectLogits(run, "logits-after")
  }

  @Test(arguments: ["llama-untied", "llama-tied"])
  func clippingAndScheduleMatchPEFT(_ name: String) throws {
    let run = try TinyRun(name)
    var configuration = run.configuration()
    configuration.clip = try #require(run.json["clipped_steps_options"]?["clip"]?.double)
    configuration.schedule = .cosine
    configuration.warmup = 2

    let records = try run.train(configuration)

    try expectSteps(records, run.json["clipped_steps"]?.array ?? [], name)
    try expectLogits(run, "logits-after-clipped")
  }

  /// The last step of an epoch has the micro-batches that are left, and no row twice.
  @Test func stepOfARemainderHasItsRowsOnly() throws {
    let run = try TinyRun("llama-tied")
    let examples = Array((run.examples + run.examples + run.examples).prefix(4))
    var configuration = run.configuration()
    (configuration.steps, configuration.epochs) = (nil, 1)
    (configuration.batchSize, configuration.accumulate) = (1, 3)
    let trainer = try Trainer(
      model: run.model, training: run.adapter, examples: examples, configuration: configuration)
    var records: [StepRecord] = []

    try trainer.run { if case .step(let record) = $0 { records.append(record) } }

    #expect(records.count == 2 && records.last?.epoch == 1)
    #expect(records.last?.totalTokens == examples[3].ids.count)
  }

  @Test func accumulationEqualsOneBigBatch() throws {
    let big = try TinyRun("llama-tied")
    let small = try TinyRun("llama-tied")
    var configuration = small.configuration()
    configuration.batchSize = 1
    configuration.accumulate = 2

    let expected = try big.train(big.configuration())
    let records = try small.train(configuration)

    // The documents have different numbers of targets: a mean of means would differ at once.
    for (a, b) in zip(records, expected) { #expect(abs(a.loss - b.loss) <= 1e-5 * b.loss) }
  }

  @Test func passesOfFewTokensChangeNothing() throws {
    let whole = try TinyRun("llama-untied")
    let cut = try TinyRun("llama-untied")
    var configuration = cut.configuration()
    configuration.tokensPerPass = 10

    let expected = try whole.train(whole.configuration())
    let records = try cut.train(configuration)

    for (a, b) in zip(records, expected) { #expect(abs(a.loss - b.loss) <= 1e-5 * b.loss) }
  }

  @Test func frozenWeightsStayAsTheyWere() throws {
    let run = try TinyRun("llama-tied")
    let before = run.model.parameters.filter { !$0.path.contains("lora_") }.map(\.parameter.value)

    _ = try run.train(run.configuration())

    let after = run.model.parameters.filter { !$0.path.contains("lora_") }.map(\.parameter.value)
    #expect(before == after)
    #expect(run.adapter.parameters.allSatisfy { $0.parameter.value.sumOfSquares() > 0 })
  }

  @Test func sameSeedGivesTheSameBitsWithDropout() throws {
    func weights() throws -> [Tensor<Float>] {
      let run = try TinyRun("llama-tied")
      let model = try ModelBundle(path: run.path).model
      let adapter = try LoRAAdapter(
        LoRAConfiguration(rank: 2, dropout: 0.2), attachingTo: model, seed: 5)
      var configuration = run.configuration()
      configuration.seed = 5
      configuration.shuffles = true
      configuration.batchSize = 1
      try Trainer(
        model: model, training: adapter, examples: run.examples, configuration: configuration
      ).run { _ in }
      return adapter.parameters.map(\.parameter.value)
    }

    #expect(try weights() == weights())
  }

  @Test func settingsThatNoRunCanHaveAreRefused() throws {
    let settings: [WritableKeyPath<TrainingConfiguration, Int>] = [
      \.batchSize, \.accumulate, \.tokensPerPass,
    ]
    for setting in settings {
      let run = try TinyRun("llama-tied")
      var configuration = run.configuration()
      configuration[keyPath: setting] = 0

      let error = #expect(throws: TrainingError.self) { try run.train(configuration) }

      #expect(error?.code == "CFG.RANGE")
    }
  }

  @Test func lossThatIsNotFiniteStopsTheRunWithItsRows() throws {
    let run = try TinyRun("llama-tied")
    var configuration = run.configuration()
    configuration.learningRate = 1e30

    let error = #expect(throws: TrainingError.self) { try run.train(configuration) }

    #expect(error?.code == "RUN.NONFINITE")
  }
}
