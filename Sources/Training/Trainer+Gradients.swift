import Autodiff
import Datasets
import Models
import NN
import TensorCore

/// What a step's batch comes to.
typealias BatchResult = (
  /// What is minimised.
  loss: Double,
  /// Its gradients, one of each trained weight; nil where there is none.
  gradients: [Tensor<Float>?],
  /// What a preference loss says of the pairs.
  preference: PreferenceRecord?
)

extension Trainer {
  /// The documents of a training row.
  func documents(ofRow row: Int) throws -> [RowDocument] {
    try source.examples(ofRow: row).enumerated().map {
      RowDocument(place: .init(row: row, index: $0), example: $1)
    }
  }

  /// What is asked of a document.
  private func asked(_ document: RowDocument) -> PackedDocuments.Document {
    PairPass.document(document, configuration.loss)
  }

  /// How many tokens of a document have to be computed.
  func inputCount(_ document: RowDocument) -> Int { PackedDocuments.inputCount(asked(document)) }

  /// Rows put together in passes; the documents of a pair stay together.
  func passes(_ batch: [[RowDocument]]) -> [[[RowDocument]]] {
    let units =
      configuration.loss.learnsFromPairs ? batch : batch.flatMap { $0.map { [$0] } }
    return PackedDocuments.packs(units, tokens: configuration.tokensPerPass) {
      $0.reduce(0) { $0 + inputCount($1) }
    }
  }

  /// The loss of a batch and its gradients, pass by pass.
  func lossAndGradients(_ batch: [[RowDocument]], step: Int) -> BatchResult {
    guard let loss = preferenceLoss else { return crossEntropyGradients(batch, step: step) }
    return preferenceGradients(batch, loss, step: step)
  }

  private func crossEntropyGradients(_ batch: [[RowDocument]], step: Int) -> BatchResult {
    let tokens = batch.joined().reduce(0) { $0 + $1.example.supervisedCount }
    let weight = 1 / Float(max(tokens, 1))
    var total = 0.0
    var gradients = [Tensor<Float>?](repeating: nil, count: parameters.count)
    for (index, pass) in passes(batch).enumerated() {
      let documents = PackedDocuments(pass.joined().map(asked))
      if documents.targets.isEmpty { continue }
      let (tape, context) = recording(documents, step: step, pass: index)
      let loss = model.summedLoss(
        documents, entering: prefix(of: pass.flatMap { $0 }), in: context)
      total += Double(loss.value.item)
      add(tape.gradients(of: loss * weight), to: &gradients)
    }
    return (total / Double(max(tokens, 1)), gradients, nil)
  }

  private func preferenceGradients(
    _ batch: [[RowDocument]], _ loss: PreferenceLoss, step: Int
  ) -> BatchResult {
    let asked = batch.reduce(0) { $0 + PairPass.crossEntropyCount($1, loss.kind) }
    var tally = PreferenceTally()
    var gradients = [Tensor<Float>?](repeating: nil, count: parameters.count)
    for (index, pairs) in passes(batch).enumerated() {
      let pass = PairPass(pairs, loss: loss)
      let references = pairs.map(reference)
      let (tape, context) = recording(pass.documents, step: step, pass: index)
      let losses = model.targetLosses(
        pass.documents, entering: prefix(of: pairs.flatMap { $0 }), in: context)
      let outcomes = pass.tally(losses.value.scalars, references, into: &tally)
      let slopes = pass.slopes(outcomes, pairs: batch.count, crossEntropyCount: asked)
      let upstream = Tensor(slopes, shape: losses.shape)
      add(tape.gradients(of: losses, upstream: upstream), to: &gradients)
    }
    return (tally.loss, gradients, tally.record)
  }

  /// A tape for a pass of a step, and the context that records on it.
  private func recording(_ documents: PackedDocuments, step: Int, pass: Int)
    -> (tape: Tape<Float>, context: ForwardContext)
  {
    let tape = Tape<Float>()
    tape.profile = profile
    profile?.restart()
    let context = model.context(
      documents.segments, tape: tape, dropoutSeed: dropoutSeed(step: step, pass: pass),
      recomputesActivations: configuration.recomputesActivations,
      embeddingNoise: embeddingNoise(step: step, pass: pass))
    return (tape, context)
  }

  private func add(_ found: Gradients<Float>, to gradients: inout [Tensor<Float>?]) {
    var found = found
    for (place, parameter) in parameters.enumerated() {
      guard let gradient = found.take(parameter) else { continue }
      if gradients[place] == nil {
        gradients[place] = gradient
      } else {
        gradients[place]?.add(gradient)
      }
    }
  }

  private func dropoutSeed(step: Int, pass: Int) -> UInt64? {
    guard trained.dropout > 0 else { return nil }
    var generator = RandomGenerator(
      seed: configuration.seed, stream: UInt64(step) << 20 &+ UInt64(pass) &+ 1)
    return generator.next()
  }

  /// NEFTune's noise of a pass; the streams of its seeds are apart from those of dropout.
  private func embeddingNoise(step: Int, pass: Int) -> EmbeddingNoise? {
    guard let alpha = configuration.neftuneAlpha else { return nil }
    var generator = RandomGenerator(
      seed: ~configuration.seed, stream: UInt64(step) << 20 &+ UInt64(pass) &+ 1)
    return EmbeddingNoise(alpha: alpha, seed: generator.next())
  }
}
