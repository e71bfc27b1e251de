import Foundation
import ModelFiles
import Models
import SafeIO
import TensorCore
import TestSupport
import Testing

@Suite struct TopLogitsTests {
  /// Against transformers' logits in Tests/Fixtures/Models/*/reference.safetensors.
  @Test(arguments: ["llama-untied", "llama-tied", "llama-headdim"])
  func everyLogitOfEveryPositionIsTheReference(name: String) throws {
    let reference = try Reference(name)
    let model = try ModelBundle(path: Reference.path(name)).model
    let vocabulary = model.configuration.vocabularySize

    for (index, document) in reference.documents.enumerated() {
      let positions = TopLogits(model: model, count: vocabulary).positions(document.ids)

      let expected = try reference.arrays.readFloats("logits.\(index)")
      try expectSame(positions, expected, "\(name), document \(index)")
    }
  }

  /// Against transformers' reading of the same GGUF files (gguf.json, gguf.safetensors).
  @Test(arguments: [
    ("llama-bpe-tied", ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1"]),
    ("llama-bpe-untied", ["f32", "q8_0"]),
  ])
  func ggufModelsGiveTheReference(name: String, types: [String]) throws {
    let path = Reference.path(name)
    let json = try JSON(parsingFile: "\(path)/gguf.json")
    let arrays = try SafetensorsFile(path: "\(path)/gguf.safetensors")
    let ids = try #require(json["input_ids"]?.array).compactMap(\.int).map { Int32($0) }
    #expect(ids.count == 16)

    for type in types {
      let model = try ModelBundle(path: "\(path)/model-\(type).gguf").model
      let positions = TopLogits(model: model, count: 320).positions(ids)

      try expectSame(positions, try arrays.readFloats("logits.\(type)"), "\(name) \(type)")
    }
  }

  @Test func ofEqualLogitsTheLowerIDComesFirst() {
    let values: [Float] = [1, 3, 3, 0, 3, 2]

    let some = values.withUnsafeBufferPointer { TopLogits.largest(4, of: $0) }
    let two = values.withUnsafeBufferPointer { TopLogits.largest(2, of: $0) }

    #expect(some.map(\.id) == [1, 2, 4, 5])
    #expect(some.map(\.logit) == [3, 3, 3, 2])
    #expect(two.map(\.id) == [1, 2])
  }

  @Test(arguments: [1, 20, 255, 256, 257, 999, 1000, 2000])
  func bothWaysToChooseAgreeWithSorting(count: Int) {
    var generator = RandomGenerator(seed: 5)
    let values = (0..<1000).map { _ in Float(Int(generator.nextUniform() * 50)) }

    let found = values.withUnsafeBufferPointer { TopLogits.largest(count, of: $0) }

    let order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    #expect(found.map(\.id) == Array(order.prefix(count)))
  }

  /// All positions' logits, put back in the order of ids, and the sum of their exponentials.
  private func expectSame(
    _ positions: [TopLogits.Position], _ expected: [Float], _ what: String
  ) throws {
    let vocabulary = expected.count / positions.count
    for (row, position) in positions.enumerated() {
      let wanted = Array(expected[row * vocabulary..<(row + 1) * vocabulary])
      var found = [Float](repeating: .nan, count: vocabulary)
      for entry in position.top { found[entry.id] = entry.logit }
      expectClose(found, wanted, within: Tolerance.logits, "\(what), position \(row)")
      #expect(position.top.map(\.logit) == position.top.map(\.logit).sorted(by: >))
      let sum = log(wanted.reduce(0) { $0 + exp(Double($1)) })
      #expect(abs(Double(position.logSumExp) - sum) < 1e-4 * abs(sum) + 1e-4)
    }
  }
}
