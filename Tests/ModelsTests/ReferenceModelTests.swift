import Autodiff
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import TestSupport
import Testing

/// Logits, loss and every gradient against transformers (fixtures and versions: `Fixtures/Models`).
@Suite struct ReferenceModelTests {
  static let names = [
    "llama-untied", "llama-tied", "llama-headdim", "qwen2", "qwen3", "mistral", "llama3-rope",
  ]

  @Test(arguments: names)
  func logitsAgree(_ name: String) throws {
    let reference = try ReferenceModel(name)
    let model = try ModelBundle(path: reference.path).model

    for (index, document) in try reference.documents().enumerated() {
      let context = model.context(DocumentSegments(lengths: [document.ids.count]))
      let logits = model.logits(document.ids, in: context).value

      expectClose(
        logits.scalars, try reference.array("logits.\(index)"), within: Tolerance.logits,
        "\(name) document \(index)")
    }
  }

  /// The sum of all logits is linear in the last norm's gain, so that gain and gradient give it back.
  @Test func logitsOnATapeCanBeDifferentiated() throws {
    let reference = try ReferenceModel("llama-tied")
    let model = try ModelBundle(path: reference.path).model
    let document = try #require(try reference.documents().first)
    let gain = model.norm.weight
    gain.isTrainable = true
    let tape = Tape<Float>()

    let total = model.logits(document.ids, on: tape).sum()

    let gradient = try #require(tape.gradients(of: total)[gain])
    expectClose(
      [(gradient * gain.value).sum()], [total.value.item], within: Tolerance.logits, "total")
    #expect(model.logits(document.ids).value.sum() == total.value.item)
  }

  @Test(arguments: names)
  func packedDocumentsGiveTheSameLogits(_ name: String) throws {
    let reference = try ReferenceModel(name)
    let model = try ModelBundle(path: reference.path).model
    let documents = try reference.documents()
    let segments = DocumentSegments(lengths: documents.map(\.ids.count))

    let logits = model.logits(documents.flatMap(\.ids), in: model.context(segments)).value

    let expected = try reference.array("logits.0") + reference.array("logits.1")
    expectClose(logits.scalars, expected, within: Tolerance.logits, name)
  }

  @Test(arguments: names)
  func lossAndEveryGradientAgree(_ name: String) throws {
    let reference = try ReferenceModel(name)
    let model = try ModelBundle(path: reference.path).model
    for (_, parameter) in model.parameters { parameter.isTrainable = true }
    let packed = PackedDocuments(try reference.documents())
    let tape = Tape<Float>()

    let loss =
      model.summedLoss(packed, in: model.context(packed.segments, tape: tape))
      * (1 / Float(packed.targets.count))
    let value = Double(loss.value.item)
    let gradients = tape.gradients(of: loss)

    let expected = try #require(reference.json["loss"]?.double)
    #expect(abs(value - expected) <= 1e-5 * expected, "\(value), expected \(expected)")
    #expect(packed.targets.count == reference.json["supervised_tokens"]?.int)
    for (path, parameter) in model.parameters {
      let gradient = try #require(gradients.gradient(of: parameter), "\(path) has no gradient")
      try expectGradient(gradient, reference.array("gradient.\(path)"), "\(name) \(path)")
    }
    let named = reference.arrays.tensors.count { $0.name.hasPrefix("gradient.") }
    #expect(named == model.parameters.count)
  }
}

/// Expects ‖a − b‖ / ‖b‖ to be within the project's tolerance.
func expectGradient(_ gradient: Tensor<Float>, _ expected: [Float], _ what: String) throws {
  let reference = Tensor(expected, shape: gradient.shape)
  let error = Double((gradient - reference).sumOfSquares()).squareRoot()
  let norm = Double(reference.sumOfSquares()).squareRoot()
  if norm < Tolerance.smallGradient {
    #expect(error <= Tolerance.absoluteGradient, "\(what): \(error)")
  } else {
    #expect(error <= Tolerance.gradient * norm, "\(what): relative error \(error / norm)")
  }
}
