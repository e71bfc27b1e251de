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

/// Adapters against PEFT's logits and gradients (`Fixtures/Models/README.md`).
@Suite struct LoRAReferenceTests {
  let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Models").standardizedFileURL.path()

  private func documents(_ path: String) throws -> [(ids: [Int32], labels: [Int32])] {
    let json = try JSON(
      parsing: InputFile.contents(of: "\(path)/reference.json", maxBytes: 1 << 20))
    return (json["documents"]?.array ?? []).map { document in
      let numbers = { (key: String) in
        (document[key]?.array ?? []).compactMap { $0.int.map(Int32.init) }
      }
      return (numbers("input_ids"), numbers("labels"))
    }
  }

  private func logits(_ model: DecoderLM, _ ids: [Int32]) -> [Float] {
    model.logits(ids, in: model.context(DocumentSegments(lengths: [ids.count]))).value.scalars
  }

  @Test(arguments: ["llama-untied", "llama-tied"])
  func logitsAndGradientsAgreeWithPEFT(_ name: String) throws {
    let path = "\(folder)/\(name)"
    let arrays = try SafetensorsFile(path: "\(path)/lora.safetensors")
    let model = try ModelBundle(path: path).model
    let adapter = try LoRAAdapter(path: "\(path)/adapter", attachingTo: model)
    let packed = PackedDocuments(try documents(path))
    let tape = Tape<Float>()

    let loss =
      model.summedLoss(packed, in: model.context(packed.segments, tape: tape))
      * (1 / Float(packed.targets.count))
    let gradients = tape.gradients(of: loss)

    for (index, document) in try documents(path).enumerated() {
      expectClose(
        logits(model, document.ids), try arrays.readFloats("logits.\(index)"),
        within: Tolerance.logits, "\(name) \(index)")
    }
    #expect(adapter.parameters.count == 28)
    for (parameterName, parameter) in adapter.parameters {
      let gradient = try #require(gradients.gradient(of: parameter))
      let expected = Tensor(
        try arrays.readFloats("gradient.\(parameterName)"), shape: gradient.shape)
      let error = (gradient - expected).sumOfSquares().squareRoot()
      #expect(
        Double(error) <= Tolerance.gradient * Double(expected.sumOfSquares().squareRoot()),
        "\(parameterName): \(error)")
    }
    for (parameterName, parameter) in model.parameters where !parameterName.contains("lora_") {
      #expect(gradients.gradient(of: parameter) == nil, "\(parameterName) is frozen")
    }
  }

  @Test(arguments: ["llama-untied", "llama-tied"])
  func rankStabilisedScaleIsHonoured(_ name: String) throws {
    let path = "\(folder)/\(name)"
    let arrays = try SafetensorsFile(path: "\(path)/lora.safetensors")
    let model = try ModelBundle(path: path).model
    _ = try LoRAAdapter(path: "\(path)/adapter-rslora", attachingTo: model)

    for (index, document) in try documents(path).enumerated() {
      expectClose(
        logits(model, document.ids), try arrays.readFloats("logits-rslora.\(index)"),
        within: Tolerance.logits, "\(name) \(index)")
    }
  }

  @Test func newAdapterChangesNothingUntilTrained() throws {
    let path = "\(folder)/llama-tied"
    let model = try ModelBundle(path: path).model
    let ids: [Int32] = [1, 2, 3, 4]
    let before = logits(model, ids)

    let adapter = try LoRAAdapter(LoRAConfiguration(rank: 2), attachingTo: model, seed: 3)

    #expect(logits(model, ids) == before)
    #expect(adapter.layers.count == 14)
    #expect(adapter.layers.allSatisfy { $0.layer.down.value.sumOfSquares() > 0 })
  }

  @Test func savedAdapterIsReadBackBitForBit() throws {
    let path = "\(folder)/llama-untied"
    let target = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: target) }
    let model = try ModelBundle(path: path).model
    let adapter = try LoRAAdapter(path: "\(path)/adapter", attachingTo: model)

    try adapter.save(to: target, baseModelName: "base")
    let other = try LoRAAdapter(path: target, attachingTo: ModelBundle(path: path).model)

    #expect(other.parameters.map(\.path) == adapter.parameters.map(\.path))
    for (a, b) in zip(other.parameters, adapter.parameters) {
      #expect(a.parameter.value == b.parameter.value)
    }
  }

  @Test func scaleOfALoadedAdapterIsSavedToo() throws {
    let path = "\(folder)/llama-untied"
    let target = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: target) }
    let (first, second) = try (ModelBundle(path: path).model, ModelBundle(path: path).model)
    let adapter = try LoRAAdapter(path: "\(path)/adapter-rslora", attachingTo: first)

    try adapter.save(to: target, trainedOn: base)
    _ = try LoRAAdapter(path: target, attachingTo: second)

    let isSame = logits(second, [1, 2, 3]) == logits(first, [1, 2, 3])
    #expect(isSame)
  }

  @Test func adapterOfAnotherBaseIsRefusedUnlessItsBaseIsNotStated() throws {
    let path = "\(folder)/llama-untied"
    let target = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: target) }
    let model = try ModelBundle(path: path).model
    try LoRAAdapter(path: "\(path)/adapter", attachingTo: ModelBundle(path: path).model)
      .save(to: target, trainedOn: base)
    var other = base
    other.weights = "cc"

    let error = #expect(throws: AdapterError.self) {
      try LoRAAdapter(path: target, attachingTo: model, verifying: other)
    }
    #expect(error?.code == "ADP.BASE")
    #expect(throws: Never.self) {
      // PEFT's own directory has no graft.json. The refused one has left the model as it was.
      try LoRAAdapter(path: "\(path)/adapter", attachingTo: model, verifying: other)
    }
  }

  private let base = ModelFingerprint(weights: "aa", tokenizer: "bb", chatTemplate: nil)

  @Test func targetsThatNameNothingAreRefusedByName() throws {
    let model = try ModelBundle(path: "\(folder)/llama-tied").model

    let error = #expect(throws: AdapterError.self) {
      try LoRAAdapter(
        LoRAConfiguration(targets: ["q_proj", "c_attn"]), attachingTo: model, seed: 0)
    }

    #expect(error?.description == "no layer is named 'c_attn'")
  }

  @Test func adapterOfAnotherModelIsRefusedAndLeavesTheModelAlone() throws {
    let model = try ModelBundle(path: "\(folder)/llama-headdim").model
    let before = logits(model, [1, 2])

    let error = #expect(throws: AdapterError.self) {
      try LoRAAdapter(path: "\(folder)/llama-untied/adapter", attachingTo: model)
    }

    #expect(error?.code == "ADP.SHAPE")
    #expect(logits(model, [1, 2]) == before)
  }

  @Test func manifestOfAnotherBaseIsRefused() {
    let manifest = AdapterManifest(baseWeights: "aa", tokenizer: "bb", chatTemplate: nil)

    #expect(throws: Never.self) {
      try manifest.check(path: "x", weights: "aa", tokenizer: "bb", chatTemplate: "cc")
    }
    let error = #expect(throws: AdapterError.self) {
      try manifest.check(path: "x", weights: "ab", tokenizer: "bb", chatTemplate: nil)
    }
    #expect(error?.code == "ADP.BASE")
  }
}
