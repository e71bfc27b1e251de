import Adapters
import Datasets
import Models
import NN
import SafeIO
import TensorCore
import Testing
import Training

/// A run in which a tensor would never learn.
@Suite struct UntrainedTensorsTests {
  /// An adapter with a tensor beside the model.
  private final class Detached: TrainedWeights {
    let adapter: LoRAAdapter
    let extra = Parameter(.zeros([3]), isTrainable: true)
    var parameters: [NamedParameter] { adapter.parameters + [("beside.the.model", extra)] }
    let dropout = 0.0

    init(_ adapter: LoRAAdapter) { self.adapter = adapter }
  }

  private func trainer(
    _ change: (inout TrainingConfiguration) -> Void = { _ in }, detached: Bool, length: Int = 14
  ) throws -> Trainer {
    let run = try TinyRun("llama-tied")
    let model = try ModelBundle(path: run.path).model
    let adapter = try LoRAAdapter(LoRAConfiguration(rank: 2), attachingTo: model, seed: 1)
    var configuration = run.configuration()
    change(&configuration)
    let examples = run.examples.map { example in
      Example(
        ids: Array(example.ids.suffix(length)), labels: Array(example.ids.suffix(length)),
        targetBytes: 0, promptIDs: [], answer: nil, sourceLine: 1)
    }
    return try Trainer(
      model: model, training: detached ? Detached(adapter) : adapter, examples: examples,
      configuration: configuration)
  }

  @Test(arguments: [0, 3]) func tensorThatNoGradientReachesStopsTheRun(_ warmup: Int) throws {
    let trainer = try trainer({ $0.warmup = warmup }, detached: true)

    let error = #expect(throws: TrainingError.self) { try trainer.run { _ in } }

    // A rate of 0 moves nothing: with a warm-up, one step more is waited for.
    let step = warmup == 0 ? 2 : 3
    #expect(error == .noGradient(step: step, tensors: ["beside.the.model"], of: 29))
    #expect(error?.failureClass == .numeric)
    #expect("\(try #require(error))".contains("'beside.the.model'"))
  }

  @Test(arguments: [0, 3]) func newAdapterWhoseDownwardGradientsBeginAtZeroIsFine(_ warmup: Int)
    throws
  {
    let trainer = try trainer({ $0.warmup = warmup }, detached: false)

    try trainer.run { _ in }

    #expect(trainer.isComplete)
  }

  /// With an output layer of its own, a table learns from rows that have its tokens, and these may come late.
  @Test func tokenThatTheFirstRowsDoNotHaveIsFine() throws {
    let seen = Set(try TinyRun("llama-untied").examples.flatMap(\.ids))
    let rare = try #require((0..<96).first { !seen.contains($0) })
    var form = LoRAConfiguration(rank: 2)
    form.trainedTokens = [Int(rare)]
    let run = try TinyRun("llama-untied", new: form)

    let records = try run.train(run.configuration())

    #expect(records.count == 10)
    #expect(run.adapter.tokenRows.map(\.path) == ["model.embed_tokens", "lm_head"])
  }

  /// One token that sees itself alone needs no queries: they learn nothing for good reason.
  @Test func rowsOfTwoTokensAreFine() throws {
    let trainer = try trainer(detached: false, length: 2)

    try trainer.run { _ in }

    #expect(trainer.isComplete)
  }
}
