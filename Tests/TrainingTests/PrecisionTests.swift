import Adapters
import Autodiff
import Datasets
import ModelFiles
import Models
import NN
import TensorCore
import Testing
import Training

/// A frozen base in bf16, and blocks that are computed again.
@Suite struct PrecisionTests {
  /// Losses and adapter of ten steps with dropout and several documents a step.
  private func train(
    _ name: String = "llama-tied", precision: Precision = .f32, recomputes: Bool = false,
    tokensPerPass: Int = 512, learningRate: Double? = nil
  ) throws -> (losses: [Double], weights: [Tensor<Float>]) {
    let run = try TinyRun(name)
    let model = try ModelBundle(path: run.path).model
    if precision == .bf16 { model.packFrozenWeights() }
    let adapter = try LoRAAdapter(
      LoRAConfiguration(rank: 2, dropout: 0.1), attachingTo: model, seed: 5)
    var configuration = run.configuration()
    configuration.recomputesActivations = recomputes
    configuration.tokensPerPass = tokensPerPass
    configuration.learningRate = learningRate ?? configuration.learningRate
    var losses: [Double] = []
    try Trainer(
      model: model, training: adapter, examples: run.examples, configuration: configuration
    ).run { if case .step(let record) = $0 { losses.append(record.loss) } }
    return (losses, adapter.parameters.map(\.parameter.value))
  }

  @Test(arguments: ["llama-tied", "llama-untied"])
  func lossesOverAPackedBaseStayNearThoseInSinglePrecision(_ name: String) throws {
    // Small steps: these random weights, and the fixture's large ones, magnify every difference.
    let exact = try train(name, learningRate: 1e-3)
    let packed = try train(name, precision: .bf16, learningRate: 1e-3)

    #expect(packed.losses.count == 10 && packed.losses != exact.losses)
    for (a, b) in zip(packed.losses, exact.losses) { #expect(abs(a - b) <= 0.01 * b, "\(a), \(b)") }
  }

  @Test func packedModelHasNoProjectionsInSinglePrecision() throws {
    let model = try ModelBundle(path: TinyRun("llama-untied").path).model

    #expect(model.isPlain)

    model.packFrozenWeights()

    #expect(!model.isPlain)
    let names = model.parameters.map(\.path)
    #expect(!names.contains { $0.contains("_proj.weight") } && !names.contains("lm_head.weight"))
    #expect(names.contains("model.embed_tokens.weight") && names.contains("model.norm.weight"))
  }

  @Test(arguments: Precision.allCases, [512, 10])
  func recomputationChangesNoBit(_ precision: Precision, tokensPerPass: Int) throws {
    let kept = try train(precision: precision, tokensPerPass: tokensPerPass)
    let again = try train(precision: precision, recomputes: true, tokensPerPass: tokensPerPass)

    #expect(kept.losses == again.losses)
    #expect(kept.weights == again.weights)
  }

  @Test func gradientsOfAllWeightsAreThoseWithoutRecomputation() throws {
    let run = try TinyRun("llama-tied")
    let model = try ModelBundle(path: run.path).model
    for (_, parameter) in model.parameters { parameter.isTrainable = true }
    func gradients(recomputes: Bool) -> [Tensor<Float>?] {
      let tape = Tape<Float>()
      let documents = PackedDocuments(run.examples.map { ($0.ids, $0.labels) })
      let context = model.context(
        documents.segments, tape: tape, recomputesActivations: recomputes)
      let found = tape.gradients(of: model.summedLoss(documents, in: context))
      return model.parameters.map { found.gradient(of: $0.parameter) }
    }

    let expected = gradients(recomputes: false)

    #expect(expected.allSatisfy { $0 != nil })
    #expect(gradients(recomputes: true) == expected)
  }
}
