import Adapters
import Autodiff
import Datasets
import Foundation
import Models
import NN
import SafeIO
import TensorCore
import TestSupport
import Testing
import Training

/// Ten steps of every weight against torch.optim.AdamW (`Fixtures/Models/README.md`).
@Suite struct FullFineTuningTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Models").standardizedFileURL.path()

  private static func json(_ name: String) throws -> JSON {
    try JSON(parsing: InputFile.contents(of: "\(fixtures)/\(name)", maxBytes: 1 << 20))
  }

  private func train(_ name: String, tokensPerPass: Int = 2048, recomputes: Bool = false) throws
    -> (bundle: ModelBundle, records: [StepRecord])
  {
    let bundle = try ModelBundle(path: "\(Self.fixtures)/\(name)")
    let documents = try Self.json("\(name)/reference.json")["documents"]?.array ?? []
    let examples = documents.map { document in
      let numbers = { (key: String) in
        (document[key]?.array ?? []).compactMap { $0.int.map(Int32.init) }
      }
      return Example(
        ids: numbers("input_ids"), labels: numbers("labels"), targetBytes: 0, promptIDs: [],
        answer: nil, sourceLine: 1)
    }
    let optimizer = try #require(Self.json("\(name)/full.json")["optimizer"])
    var configuration = TrainingConfiguration()
    configuration.steps = 10
    configuration.batchSize = 2
    configuration.learningRate = try #require(optimizer["learning_rate"]?.double)
    configuration.weightDecay = try #require(optimizer["weight_decay"]?.double)
    configuration.schedule = .constant
    configuration.clip = nil
    configuration.shuffles = false
    configuration.tokensPerPass = tokensPerPass
    configuration.recomputesActivations = recomputes
    var records: [StepRecord] = []
    try Trainer(
      model: bundle.model, training: WholeModel(bundle.model), examples: examples,
      configuration: configuration
    ).run { if case .step(let record) = $0 { records.append(record) } }
    return (bundle, records)
  }

  @Test(arguments: ["llama-untied", "llama-tied", "qwen2", "qwen3"], [2048, 10])
  func tenStepsMatchPyTorch(_ name: String, tokensPerPass: Int) throws {
    let expected = try Self.json("\(name)/full.json")["steps"]?.array ?? []

    let records = try train(name, tokensPerPass: tokensPerPass).records

    #expect(records.count == 10 && expected.count == 10)
    for (record, step) in zip(records, expected) {
      let loss = try #require(step["loss"]?.double)
      let norm = try #require(step["gradient_norm"]?.double)
      #expect(abs(record.loss - loss) <= 1e-4 * loss, "\(record.step): \(record.loss), \(loss)")
      #expect(abs(record.gradientNorm - norm) <= 1e-3 * norm, "\(record.step)")
    }
  }

  @Test func recomputationChangesNoBit() throws {
    let kept = try train("llama-tied")
    let again = try train("llama-tied", recomputes: true)

    #expect(kept.records.map(\.loss) == again.records.map(\.loss))
    #expect(
      kept.bundle.model.parameters.map(\.parameter.value)
        == again.bundle.model.parameters.map(\.parameter.value))
  }

  @Test func savedModelIsTheOneThatWasTrained() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let trained = try train("qwen3").bundle

    try trained.save(to: folder)

    let loaded = try ModelBundle(path: folder)
    #expect(loaded.configuration == trained.configuration)
    #expect(loaded.model.parameters.map(\.path) == trained.model.parameters.map(\.path))
    #expect(
      loaded.model.parameters.map(\.parameter.value)
        == trained.model.parameters.map(\.parameter.value))
  }
}
