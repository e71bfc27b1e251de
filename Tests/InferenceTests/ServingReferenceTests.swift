import Adapters
import Autodiff
import Foundation
import Inference
import ModelFiles
import Models
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
    let tensors = try SafetensorsFile(path: "\(path)/\(file).safetensors")
    let main = try JSON(
      parsing: InputFile.contents(of: "\(path)/reference.json", maxBytes: 1 << 24))
    let documents = try #require(main["documents"]?.array)
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

  /// Of one that is fresh, then of one that ten steps have trained (`scripts/reference_forms.py`).
  @Test(
    arguments: Self.forms, [("", "logits"), ("/after", "logits-after")])
  func formsOfAdaptersGiveTheLogitsOfPEFT(form: String, state: (String, String)) throws {
    let (name, directory) = (form.prefix { $0 != "/" }, "\(Fixture.path(form))\(state.0)")
    let model = try ServingModel(path: Fixture.path(String(name)), numerics: .exact)
    let adapter = try model.adapter(path: directory)
    let caches = model.makeCachePool(tokens: 128)

    let file = "\(form.dropFirst(name.count + 1))/reference"
    for (ids, logits) in try reference(String(name), file, state.1) {
      let cache = PagedSequence(caches)
      #expect(cache.reserve(ids.count))
      let rows = SequenceRows(ids, cache: cache, adapter: adapter, outputs: .all)

      expectClose(model.step([rows]).logits.scalars, logits, within: 2e-4, directory)
    }
  }

  /// `qwen2` has biases, which DoRA's factors leave alone.
  private static let forms =
    ["llama-untied", "llama-tied"].flatMap { name in
      ["rslora", "dora", "patterns", "layers", "tokens", "everything", "expression"].map {
        "\(name)/forms/\($0)"
      }
    } + ["qwen2/forms/everything"]

  /// Norms of DoRA's rows follow from weights that are in blocks; `DecoderLM` has them as f32.
  @Test func onBlocksOfAFileAnAdapterDoesWhatItDoesOnTheirNumbers() throws {
    let (root, paths) = try ServingFixture.adapters(6)
    defer { try? FileManager.default.removeItem(atPath: root) }
    let base = "\(ServingFixture.path)/model-q4_1.gguf"
    let model = try ServingModel(path: base, numerics: .exact)
    let ids = ServingFixture.ids(40, seed: 8).map { Int32($0) }
    for path in [paths[2], paths[3], paths[5]] {
      let plain = try ModelBundle(path: base).model
      _ = try LoRAAdapter(path: path, attachingTo: plain)
      let cache = PagedSequence(model.makeCachePool(tokens: 64))
      #expect(cache.reserve(ids.count))
      let adapter = try model.adapter(path: path)

      let output = model.step([
        SequenceRows(ids, cache: cache, adapter: adapter, outputs: .all)
      ])

      expectClose(output.logits.scalars, plain.logits(ids).value.scalars, within: 2e-4, path)
    }
  }
}
