import Adapters
import Datasets
import Foundation
import ModelFiles
import Models
import NN
import TensorCore
import Testing
import Training
import Verification

/// What holds, holds on every kind of model; what cannot be verified is refused.
@Suite struct VerifierTests {
  @Test(arguments: [
    "llama-bpe-tied", "llama-bpe-untied", "qwen2", "qwen3", "mistral", "llama3-rope",
  ])
  func everyCheckIsProven(_ name: String) throws {
    let model = try Fixture.model(name)
    let examples = Fixture.examples(below: model.configuration.vocabularySize)

    let results = try Verifier(model, examples: examples, procedures: Procedures()).run()

    #expect(results.map(\.check) == VerificationCheck.allCases)
    for result in results {
      #expect(result.verdict == .proven, "\(name), \(result.check): \(result)")
    }
  }

  /// Queries and keys that are several times as long make attention sharp, and the loss bend within short distances.
  @Test(arguments: [3, 6] as [Float]) func slopesOfSharpAttentionAreFound(_ factor: Float) throws {
    let model = try Fixture.model("llama-bpe-untied")
    for (path, parameter) in model.parameters
    where path.contains("q_proj") || path.contains("k_proj") {
      parameter.value = parameter.value * factor
    }
    let examples = Fixture.examples(below: model.configuration.vocabularySize)

    let result = try Verifier(model, examples: examples, procedures: Procedures())
      .run([.finiteDifferences]).first

    #expect(result?.verdict == .proven, "\(String(describing: result))")
  }

  @Test func gradientsOfRowsThatAreKnownByHeartAreFound() throws {
    let model = try Fixture.model("llama-bpe-untied")
    let examples = Fixture.examples([12, 9], below: model.configuration.vocabularySize)
    var configuration = TrainingConfiguration()
    configuration.steps = 300
    configuration.learningRate = 3e-3
    configuration.schedule = .constant
    let trainer = try Trainer(
      model: model, training: WholeModel(model), examples: examples, configuration: configuration)
    var loss = 1.0
    try trainer.run { if case .step(let record) = $0 { loss = record.loss } }
    try #require(loss < 2e-3, "\(loss)")

    let results = try Verifier(model, examples: examples, procedures: Procedures())
      .run([.accumulation, .finiteDifferences])

    #expect(results.allSatisfy { $0.verdict == .proven }, "\(results)")
  }

  @Test func modelStaysAsItIs() throws {
    let model = try Fixture.model()
    let before = model.parameters.map(\.parameter.value)

    _ = try Verifier(model, examples: Fixture.examples(), procedures: Procedures()).run()

    #expect(model.isPlain && model.parameters.map(\.parameter.value) == before)
    #expect(model.parameters.allSatisfy { !$0.parameter.isTrainable })
  }

  @Test(arguments: ["adapter", "adapter-rslora"])
  func adapterOfADirectoryIsTried(_ name: String) throws {
    let path = Fixture.models.appendingPathComponent("llama-tied/\(name)").path
    let model = try Fixture.model("llama-tied")
    let examples = Fixture.examples(below: model.configuration.vocabularySize)

    let results = try Verifier(
      model, adapterPath: path, examples: examples, procedures: Procedures()
    ).run()

    #expect(
      results.allSatisfy { $0.verdict != .failed }, "\(results.filter { $0.verdict == .failed })")
    #expect(throws: (any Error).self) {
      try Verifier(
        model, adapterPath: "\(path)-absent", examples: examples, procedures: Procedures())
    }
  }

  @Test func adapterThatChangesNothingProvesNothing() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model = try Fixture.model()
    let adapter = try LoRAAdapter(LoRAConfiguration(rank: 2), attachingTo: model, seed: 0)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try adapter.save(to: folder, baseModelName: nil)

    let merged = try Fixture.result(.merged, adapter: folder)
    let reach = try Fixture.result(.gradientReach, adapter: folder)

    #expect(merged.verdict == .empty && merged.error == 0, "\(merged)")
    #expect(reach.verdict == .proven, "\(reach)")
  }

  @Test func rowsWithoutAnythingToLearnAndAdaptedModelsAreRefused() throws {
    var rows = Fixture.examples()
    for index in rows.indices { rows[index].labels = rows[index].labels.map { _ in -100 } }
    let adapted = try Fixture.model()
    _ = try LoRAAdapter(LoRAConfiguration(rank: 2), attachingTo: adapted, seed: 0)

    #expect(throws: VerificationError.noRows) {
      try Verifier(Fixture.model(), examples: rows, procedures: Procedures())
    }
    #expect(throws: VerificationError.notPlain) {
      try Verifier(adapted, examples: Fixture.examples(), procedures: Procedures())
    }
  }

  @Test(arguments: [[9], [3], [70], [12, 12], [100, 90]])
  func fewShortAndEqualRowsDo(_ lengths: [Int]) throws {
    let verifier = try Verifier(
      Fixture.model(), examples: Fixture.examples(lengths), procedures: Procedures())

    let results = try verifier.run([.packing, .accumulation, .batchedDecoding, .resume])

    #expect(results.allSatisfy { $0.verdict == .proven }, "\(results)")
  }
}
