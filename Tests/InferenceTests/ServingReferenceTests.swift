import Inference
import ModelFiles
import SafeIO
import TensorCore
import TestSupport
import Testing

/// The serving forward pass against transformers' and PEFT's logits, Tests/Fixtures/Models.
@Suite struct ServingReferenceTests {
  private static let models = [
    "llama-untied", "llama-tied", "llama-headdim", "llama3-rope", "qwen2", "qwen3", "mistral",
  ]

  /// The documents and the logits that a fixture has under `prefix`.
  private func reference(_ name: String, _ file: String, _ prefix: String) throws
    -> [(ids: [Int32], logits: [Float])]
  {
    let path = Fixture.path(name)
    let json = try JSON(parsing: InputFile.contents(of: "\(path)/\(file).json", maxBytes: 1 << 24))
    let tensors = try SafetensorsFile(path: "\(path)/\(file).safetensors")
    let main = try JSON(
      parsing: InputFile.contents(of: "\(path)/reference.json", maxBytes: 1 << 24))
    let documents = try #require((json["documents"] ?? main["documents"])?.array)
    return try documents.enumerated().map { index, document in
      let ids = try #require(document["input_ids"]?.array).compactMap(\.int).map { Int32($0) }
      return (ids, try tensors.readFloats("\(prefix).\(index)"))
    }
  }

  @Test(arguments: models)
  func exactLogitsAreThoseOfTransformers(name: String) throws {
    let model = try ServingModel(path: Fixture.path(name), numerics: .exact)
    let caches = model.makeCachePool(tokens: 128)

    for (ids, logits) in try reference(name, "reference", "logits") {
      let cache = PagedSequence(caches)
      #expect(cache.reserve(ids.count))
      let output = model.step([SequenceRows(ids, cache: cache, outputs: .all)])

      expectClose(output.logits.scalars, logits, within: 2e-4, name)
    }
  }

  @Test(arguments: ["llama-untied", "llama-tied"], ["adapter", "adapter-rslora", "adapter-after"])
  func adaptedLogitsAreThoseOfPEFT(name: String, directory: String) throws {
    let model = try ServingModel(path: Fixture.path(name), numerics: .exact)
    let adapter = try model.adapter(path: "\(Fixture.path(name))/\(directory)")
    let caches = model.makeCachePool(tokens: 128)

    let suffix = directory.dropFirst("adapter".count)
    for (ids, logits) in try reference(name, "lora", "logits\(suffix)") {
      let cache = PagedSequence(caches)
      #expect(cache.reserve(ids.count))
      let rows = SequenceRows(ids, cache: cache, adapter: adapter, outputs: .all)

      expectClose(model.step([rows]).logits.scalars, logits, within: 2e-4, "\(name) \(directory)")
    }
  }
}
