import Autodiff
import ModelFiles
import Models
import NN
import TensorCore
import TestSupport
import Testing

/// Documents that share a pass beside the same ones alone.
@Suite struct PackingTests {
  /// How far a loss or a gradient may be from that of the document alone: ‖a − b‖ / ‖b‖.
  private static let tolerance = 1e-5

  /// Documents of different lengths, some tokens unsupervised in the middle.
  private static func documents(_ lengths: [Int], vocabulary: Int) -> [PackedDocuments.Document] {
    var generator = RandomGenerator(seed: 3)
    return lengths.map { length in
      let ids = (0..<length).map { _ in Int32(generator.nextIndex(below: vocabulary)) }
      let labels = ids.enumerated().map { place, id in
        place < length / 3 || place % 5 == 2 ? PackedDocuments.ignored : id
      }
      return (ids, labels)
    }
  }

  private struct Computed {
    /// The loss of each target, document by document.
    var losses: [Float] = []
    var gradients: [String: Tensor<Float>] = [:]
  }

  /// Losses, and gradients of their sum, of documents in packs.
  private func compute(
    _ model: DecoderLM, _ packs: [[PackedDocuments.Document]], learning names: [String]
  ) -> Computed {
    let parameters = model.parameters.filter { names.isEmpty || names.contains($0.path) }
    for (_, parameter) in parameters { parameter.isTrainable = true }
    var result = Computed()
    for pack in packs {
      let documents = PackedDocuments(pack)
      let tape = Tape<Float>()
      let losses = model.targetLosses(
        documents, in: model.context(documents.segments, tape: tape))
      result.losses += losses.value.scalars
      let found = tape.gradients(of: losses.sum())
      for (path, parameter) in parameters {
        guard let gradient = found[parameter] else { continue }
        result.gradients[path] = (result.gradients[path].map { $0 + gradient }) ?? gradient
      }
    }
    return result
  }

  private func expectSame(
    _ model: DecoderLM, _ documents: [PackedDocuments.Document], learning names: [String] = []
  ) throws {
    let alone = compute(model, documents.map { [$0] }, learning: names)
    let packed = compute(model, [documents], learning: names)

    expectClose(packed.losses, alone.losses, within: Self.tolerance, "losses")
    #expect(packed.losses.count == PackedDocuments(documents).targets.count)
    #expect(packed.gradients.count == alone.gradients.count && !alone.gradients.isEmpty)
    for (path, expected) in alone.gradients {
      let found = try #require(packed.gradients[path])
      let distance = (found - expected).sumOfSquares().squareRoot()
      let norm = expected.sumOfSquares().squareRoot()
      #expect(Double(distance) <= Self.tolerance * Double(max(norm, 1e-6)), "\(path)")
    }
  }

  /// mistral's sliding window of 6 is shorter than the documents, and longer than two of them.
  @Test(arguments: [
    "llama-untied", "llama-tied", "llama-headdim", "llama3-rope", "qwen2", "qwen3", "mistral",
  ])
  func packedDocumentsHaveTheLossesAndGradientsOfSingleOnes(_ name: String) throws {
    let model = try ModelBundle(path: "\(ReferenceModel.folder)/\(name)").model

    try expectSame(model, Self.documents([23, 5, 4, 40, 14], vocabulary: 96))
  }

  @Test(.enabled(if: SmolLM2.model != nil, SmolLM2.whenAbsent), .tags(.reference))
  func packedDocumentsOfARealModelHaveTheLossesAndGradientsOfSingleOnes() throws {
    let model = try ModelBundle(path: SmolLM2.path()).model
    let projection = "model.layers.15.self_attn.q_proj.weight"

    try expectSame(
      model, Self.documents([40, 9, 64], vocabulary: 49_152),
      learning: [projection, "model.layers.28.mlp.down_proj.weight"])
  }

  @Test(arguments: ["llama-tied", "mistral"])
  func whatStandsInOtherDocumentsChangesNoBit(_ name: String) throws {
    let model = try ModelBundle(path: "\(ReferenceModel.folder)/\(name)").model
    let documents = Self.documents([23, 7, 30], vocabulary: 96)
    var changed = documents
    for place in documents[1].ids.indices {
      changed[1].ids[place] = (documents[1].ids[place] + 1) % 96
    }
    func losses(_ documents: [PackedDocuments.Document]) -> [[Float]] {
      let packed = PackedDocuments(documents)
      let all = model.targetLosses(packed, in: model.context(packed.segments)).value.scalars
      var end = 0
      return packed.targetCounts.map { count in
        defer { end += count }
        return Array(all[end..<end + count])
      }
    }

    let (before, after) = (losses(documents), losses(changed))

    #expect(before[0] == after[0] && before[2] == after[2])
    #expect(before[1] != after[1])
  }

  @Test func positionsRestartInEveryDocument() {
    let documents = PackedDocuments(Self.documents([5, 3, 4], vocabulary: 96))

    #expect(documents.segments.positions == [0, 1, 2, 3, 0, 0, 1, 2])
  }

  /// Distances alone count for attention: where a document stands would show in rounding only, and in long passes.
  @Test func everyDocumentIsTurnedAsIfItStoodAlone() throws {
    let model = try ModelBundle(path: "\(ReferenceModel.folder)/llama-tied").model
    let packed = PackedDocuments(Self.documents([5, 3, 4], vocabulary: 96))

    let angles = model.context(packed.segments).angles

    let alone = model.rotary.angles(at: [0, 1, 2, 3, 0, 0, 1, 2])
    #expect(angles.cosines == alone.cosines && angles.sines == alone.sines)
  }

  @Test func theHeadSeesRowsThatPredictSomethingAndNoOthers() {
    let documents = Self.documents([23, 5, 14], vocabulary: 96)

    let packed = PackedDocuments(documents)

    let supervised = documents.map { $0.labels.dropFirst().count { $0 != PackedDocuments.ignored } }
    #expect(packed.predictingRows.count == supervised.reduce(0, +))
    #expect(packed.targetCounts == supervised)
    #expect(Set(packed.predictingRows).count == packed.predictingRows.count)
    // What follows the last target is not computed at all.
    #expect(packed.ids.count == documents.reduce(0) { $0 + PackedDocuments.inputCount($1) })
    #expect(packed.predictingRows.last == Int32(packed.ids.count - 1))
  }
}
