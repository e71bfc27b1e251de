import Adapters
import Autodiff
import Datasets
import Foundation
import Models
import NN
import TensorCore
import Testing
import Training

/// An adapter on the last block only: what the first one makes of a document never changes.
@Suite struct FrozenPrefixTests {
  enum Cache: CaseIterable { case none, memory, file, tooSmall }

  /// PEFT's `layers_to_transform: [1]`: the first block's adapted layers are given their bases back.
  private static func lastBlockOnly(_ model: DecoderLM, dropout: Double = 0) throws -> LoRAAdapter {
    let adapter = try LoRAAdapter(
      LoRAConfiguration(rank: 2, alpha: 4, dropout: dropout), attachingTo: model, seed: 5)
    model.updateProjections { path, layer in
      guard path.hasPrefix("model.layers.0."), let adapted = layer as? LoRALinear else { return }
      layer = adapted.base
    }
    return adapter
  }

  /// What is trained of an adapter: its layers in the last block.
  private final class LastBlock: SwitchableWeights {
    let adapter: LoRAAdapter
    var parameters: [NamedParameter] {
      adapter.parameters.filter { $0.path.contains("layers.1.") }
    }
    var dropout: Double { adapter.configuration.dropout }
    var isEnabled: Bool {
      get { adapter.isEnabled }
      set { adapter.isEnabled = newValue }
    }

    init(_ adapter: LoRAAdapter) { self.adapter = adapter }
  }

  private func trainer(
    _ cache: Cache, loss: TrainingLoss = .sft, epochs: Int = 3,
    changing change: (inout TrainingConfiguration) -> Void = { _ in }
  ) throws -> Trainer {
    let tiny = try TinyPairs("llama-tied")
    let model = try ModelBundle(path: tiny.run.path).model
    let trained = LastBlock(try Self.lastBlockOnly(model, dropout: 0.1))
    var configuration = tiny.configuration(loss)
    configuration.steps = nil
    configuration.epochs = Double(epochs)
    configuration.batchSize = 1
    configuration.shuffles = true
    configuration.cachesFrozenPrefix = cache != .none
    change(&configuration)
    let trainer =
      loss == .sft
      ? try Trainer(
        model: model, training: trained, examples: tiny.pairs.map(\.chosen),
        configuration: configuration)
      : try Trainer(
        model: model, training: trained, pairs: tiny.pairs, configuration: configuration)
    if cache == .file { trainer.scratchDirectory = NSTemporaryDirectory() }
    if cache == .tooSmall { trainer.prefixCache = PrefixCache(directory: nil, limit: 20 * 32 * 4) }
    return trainer
  }

  private func bits(_ trainer: Trainer) -> [Tensor<Float>] {
    trainer.trained.parameters.map(\.parameter.value)
  }

  @Test(arguments: [TrainingLoss.sft, .dpo, .orpo])
  func theCacheChangesNoBit(_ loss: TrainingLoss) throws {
    var results: [[Tensor<Float>]] = []
    for cache in Cache.allCases {
      let trainer = try trainer(cache, loss: loss)
      #expect(trainer.prefixBlocks == 1)
      try trainer.run { _ in }
      results.append(bits(trainer))
      #expect((trainer.prefixCache == nil) == (cache == .none))
      if cache == .memory || cache == .file {
        // Each document once, in spite of three epochs.
        #expect(trainer.prefixCache?.misses == (loss == .sft ? 3 : 6))
        #expect((trainer.prefixCache?.hits ?? 0) >= (loss == .sft ? 6 : 12))
        #expect(trainer.prefixCache?.bytes == (try trainer.prefixBytes()))
      }
    }

    #expect(results.dropFirst().allSatisfy { $0 == results[0] })
  }

  @Test func recomputationChangesNoBit() throws {
    let (plain, again) = (
      try trainer(.memory), try trainer(.memory) { $0.recomputesActivations = true }
    )

    try plain.run { _ in }
    try again.run { _ in }

    #expect(bits(plain) == bits(again))
  }

  @Test func runThatGoesOnFillsTheCacheAgain() throws {
    let straight = try trainer(.memory)
    try straight.run { _ in }
    let first = try trainer(.memory)
    try first.run(shouldStop: { first.completedSteps == 4 }) { _ in }
    let second = try trainer(.memory)
    try second.restore(first.snapshot())

    try second.run { _ in }

    #expect(bits(second) == bits(straight))
    #expect(second.prefixCache?.misses == 3)
  }

  @Test func aSinglePassKeepsNothing() throws {
    let trainer = try trainer(.memory, epochs: 1)

    try trainer.run { _ in }

    #expect(trainer.prefixBlocks == 0 && trainer.prefixCache == nil)
    #expect(try trainer.prefixBytes() == 0)
  }

  @Test func directoryThatIsYetToBeMadeHasTheRoomOfItsDisk() {
    let limit = PrefixCache.fileLimit("\(NSTemporaryDirectory())/\(UUID())/run")

    #expect(limit > 0)
  }

  @Test func onlyBlocksBelowTheFirstTrainedOneAreFrozen() throws {
    let run = try TinyRun("llama-tied")
    #expect(run.model.frozenBlocks == 0)

    let model = try ModelBundle(path: run.path).model
    #expect(model.frozenBlocks == 2)
    let adapter = try Self.lastBlockOnly(model)
    #expect(model.frozenBlocks == 1 && !adapter.layers.isEmpty)

    let whole = try ModelBundle(path: run.path).model
    _ = WholeModel(whole)
    #expect(whole.frozenBlocks == 0)
  }

  @Test(arguments: [false, true]) func frozenBlocksAreNotRecorded(_ recomputes: Bool) throws {
    func count(_ model: DecoderLM) -> Int {
      let tape = Tape<Float>()
      let ids: [Int32] = [3, 5, 7, 9]
      let context = model.context(
        DocumentSegments(lengths: [4]), tape: tape, recomputesActivations: recomputes)
      _ = model.hidden(ids, in: context)
      return tape.count
    }
    let run = try TinyRun("llama-tied")
    let all = count(run.model)
    let model = try ModelBundle(path: run.path).model
    let adapter = try Self.lastBlockOnly(model)

    let half = count(model)

    // A block that is computed again is one node, and the norm another.
    #expect(!adapter.layers.isEmpty && half > 0 && half < (recomputes ? all : all * 3 / 5))
  }
}
