import Adapters
import Autodiff
import Foundation
import ModelFiles
import Models
import NN
import SafeIO
import TensorCore
import TestSupport
import Testing

/// Adapters of every form that PEFT 0.21.2 wrote (`scripts/reference_forms.py`): logits, gradients, merged weights.
@Suite struct AdapterFormReferenceTests {
  static let models = ["llama-untied", "llama-tied"]
  static let forms = [
    "rslora", "dora", "patterns", "layers", "tokens", "everything", "expression",
  ]
  private let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Models").standardizedFileURL.path()

  private func documents(_ path: String) throws -> [PackedDocuments.Document] {
    let json = try JSON(
      parsing: InputFile.contents(of: "\(path)/reference.json", maxBytes: 1 << 20))
    return (json["documents"]?.array ?? []).map { document in
      let numbers = { (key: String) in
        (document[key]?.array ?? []).compactMap { $0.int.map(Int32.init) }
      }
      return (numbers("input_ids"), numbers("labels"))
    }
  }

  private func expectLogits(
    _ model: DecoderLM, _ path: String, _ form: String, _ key: String
  ) throws {
    let arrays = try SafetensorsFile(path: "\(path)/forms/\(form)/reference.safetensors")
    for (index, document) in try documents(path).enumerated() {
      expectClose(
        model.logits(document.ids).value.scalars, try arrays.readFloats("\(key).\(index)"),
        within: Tolerance.logits, "\(form) \(key) \(index)")
    }
  }

  @Test(arguments: models, forms)
  func logitsAndGradientsAgreeWithPEFT(_ name: String, _ form: String) throws {
    let path = "\(folder)/\(name)"
    let arrays = try SafetensorsFile(path: "\(path)/forms/\(form)/reference.safetensors")
    let model = try ModelBundle(path: path).model
    let adapter = try LoRAAdapter(path: "\(path)/forms/\(form)", attachingTo: model)
    let packed = PackedDocuments(try documents(path))
    let tape = Tape<Float>()

    let loss =
      model.summedLoss(packed, in: model.context(packed.segments, tape: tape))
      * (1 / Float(packed.targets.count))
    let gradients = tape.gradients(of: loss)

    try expectLogits(model, path, form, "logits")
    let expected = arrays.tensors.map(\.name).filter { $0.hasPrefix("gradient.") }
    #expect(Set(expected) == Set(adapter.parameters.map { "gradient.\($0.path)" }))
    for (parameterName, parameter) in adapter.parameters {
      let gradient = try #require(gradients.gradient(of: parameter))
      let reference = Tensor(
        try arrays.readFloats("gradient.\(parameterName)"), shape: gradient.shape)
      let error = Double((gradient - reference).sumOfSquares().squareRoot())
      let norm = Double(reference.sumOfSquares().squareRoot())
      #expect(error <= Tolerance.gradient * norm, "\(parameterName): \(error) of \(norm)")
    }
  }

  @Test(arguments: models, forms + ["pissa"])
  func whatPEFTTrainedComputesTheSameHere(_ name: String, _ form: String) throws {
    let path = "\(folder)/\(name)"
    let model = try ModelBundle(path: path).model
    let directory = form == "pissa" ? form : "\(form)/after"

    _ = try LoRAAdapter(path: "\(path)/forms/\(directory)", attachingTo: model)

    try expectLogits(model, path, form, "logits-after")
  }

  @Test(arguments: models, ["rslora", "dora", "everything", "patterns"])
  func mergedWeightsAreThoseOfMergeAndUnload(_ name: String, _ form: String) throws {
    let path = "\(folder)/\(name)"
    let arrays = try SafetensorsFile(path: "\(path)/forms/\(form)/reference.safetensors")
    let model = try ModelBundle(path: path).model
    let adapter = try LoRAAdapter(path: "\(path)/forms/\(form)/after", attachingTo: model)

    try adapter.merge(into: model)

    let expected = arrays.tensors.map(\.name).filter { $0.hasPrefix("merged.") }
    #expect(expected.count >= 3 && model.isPlain)
    let own = Dictionary(
      uniqueKeysWithValues: model.parameters.map { ($0.path, $0.parameter.value) })
    for name in expected {
      let merged = try #require(own[String(name.dropFirst("merged.".count))])
      let reference = Tensor(try arrays.readFloats(name), shape: merged.shape)
      let error = (merged - reference).sumOfSquares().squareRoot()
      #expect(error <= 1e-6 * reference.sumOfSquares().squareRoot(), "\(name): \(error)")
    }
    try expectLogits(model, path, form, "logits-after")
  }

  @Test(arguments: models, forms)
  func whatIsReadIsWrittenBack(_ name: String, _ form: String) throws {
    let path = "\(folder)/\(name)"
    let target = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: target) }
    let adapter = try LoRAAdapter(
      path: "\(path)/forms/\(form)", attachingTo: ModelBundle(path: path).model)

    try adapter.save(to: target, baseModelName: name)

    let (first, second) = try (
      PEFTDirectory(path: "\(path)/forms/\(form)"), PEFTDirectory(path: target)
    )
    #expect(first.configuration == second.configuration)
    #expect(Set(first.tensors.tensors.map(\.name)) == Set(second.tensors.tensors.map(\.name)))
    for tensor in first.tensors.tensors {
      #expect(try first.tensors.readFloats(tensor.name) == second.tensors.readFloats(tensor.name))
    }
  }
}
