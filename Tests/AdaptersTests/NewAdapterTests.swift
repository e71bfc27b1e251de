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

/// Adapters that begin here: what they look like, where they sit, and what is refused.
@Suite struct NewAdapterTests {
  private let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Models").standardizedFileURL.path()
  private let ids: [Int32] = [1, 9, 3, 40, 5]

  private func model(_ name: String = "llama-tied") throws -> DecoderLM {
    try ModelBundle(path: "\(folder)/\(name)").model
  }

  private func logits(_ model: DecoderLM) -> [Float] { model.logits(ids).value.scalars }

  private func withScratch(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  /// Gives B, magnitudes and token rows numbers that a training could have left.
  private func disturb(_ adapter: LoRAAdapter) {
    for (index, (path, parameter)) in adapter.parameters.enumerated() {
      let noise = RandomTensor.normal(parameter.value.shape, seed: UInt64(index)) as Tensor<Float>
      if !path.contains("lora_A") { parameter.value.add(noise, times: 0.1) }
    }
  }

  @Test(arguments: ["plain", "rslora", "dora", "gaussian", "pissa", "tokens", "layers"])
  func untrainedAdapterChangesNothing(_ kind: String) throws {
    var configuration = LoRAConfiguration(rank: 2)
    configuration.usesRSLoRA = kind == "rslora"
    configuration.usesDoRA = kind == "dora"
    configuration.initialization = LoRAConfiguration.Initialization(rawValue: kind) ?? .kaiming
    configuration.trainedTokens = kind == "tokens" ? [9, 40] : []
    configuration.lastLayers = kind == "layers" ? 1 : nil
    for name in ["llama-tied", "llama-untied"] {
      let model = try model(name)
      let before = logits(model)

      let adapter = try LoRAAdapter(configuration, attachingTo: model, seed: 3)

      expectClose(logits(model), before, within: 1e-5, "\(kind) \(name)")
      disturb(adapter)
      let trained = logits(model)
      #expect(zip(trained, before).contains { abs($0 - $1) > 1e-2 }, "\(kind) \(name)")
      adapter.isEnabled = false
      expectClose(logits(model), before, within: 1e-5, "\(kind) \(name), off")
      adapter.isEnabled = true
      try withScratch { directory in
        try adapter.save(to: directory, baseModelName: nil)
        let other = try self.model(name)
        _ = try LoRAAdapter(path: directory, attachingTo: other)
        expectClose(logits(other), trained, within: 1e-5, "\(kind) \(name), saved")
      }
      try adapter.merge(into: model)
      expectClose(logits(model), trained, within: 1e-5, "\(kind) \(name), merged")
    }
  }

  @Test func patternsAndLayersAreWrittenAsPEFTReadsThem() throws {
    var configuration = LoRAConfiguration(rank: 4, alpha: 8)
    configuration.rankPattern = [ModuleSetting("q_proj", 2), ModuleSetting(#"1\.mlp\..*"#, 3)]
    configuration.alphaPattern = [ModuleSetting("v_proj|q_proj", 6)]
    configuration.lastLayers = 1
    configuration.usesRSLoRA = true

    let adapter = try LoRAAdapter(configuration, attachingTo: model(), seed: 0)

    let ranks = adapter.layers.map { ($0.path, $0.layer.down.value.shape.extents[0]) }
    #expect(
      ranks.allSatisfy { $0.0.contains("layers.1.") } && ranks.map(\.1) == [2, 4, 4, 4, 3, 3, 3])
    #expect(adapter.layers[0].layer.scale == Float(6 / 2.0.squareRoot()))
    #expect(adapter.layers[1].layer.scale == 4)
    #expect(adapter.firstLayer == 1)
    let json = adapter.description.json()
    #expect(json["layers_to_transform"] == [1])
    #expect(
      json["target_modules"]
        == ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
    #expect(json["rank_pattern"] == ["q_proj": 2, #"1\.mlp\..*"#: 3])
  }

  @Test func oneExpressionNamesWholePaths() throws {
    let adapter = try LoRAAdapter(
      LoRAConfiguration(rank: 2, targets: [#".*\.0\.(self_attn\.q|mlp\.up)_proj"#]),
      attachingTo: model(), seed: 0)

    #expect(
      adapter.layers.map(\.path) == [
        "model.layers.0.self_attn.q_proj", "model.layers.0.mlp.up_proj",
      ])
  }

  @Test func settingsThatDoNotFitAreRefusedAndLeaveTheModelAlone() throws {
    let cases: [(String, (inout LoRAConfiguration) -> Void)] = [
      ("CFG.TARGETS", { $0.rankPattern = [ModuleSetting("c_attn", 2)] }),
      ("CFG.TARGETS", { $0.targets = ["q_.*"] }), ("CFG.PATTERN", { $0.targets = ["(q"] }),
      ("CFG.PATTERN", { $0.targets = ["q_proj", "v.*"] }),
      ("CFG.PATTERN", { $0.alphaPattern = [ModuleSetting("(", 2)] }),
      ("CFG.RANGE", { $0.lastLayers = 3 }), ("CFG.RANGE", { $0.trainedTokens = [96] }),
      ("CFG.RANGE", { $0.trainedTokens = [4, 4] }),
      ("CFG.RANGE", { ($0.usesDoRA, $0.initialization) = (true, .pissa) }),
    ]
    let model = try model()
    let before = logits(model)
    for (code, change) in cases {
      var configuration = LoRAConfiguration(rank: 2)
      change(&configuration)

      let error = #expect(throws: AdapterError.self) {
        try LoRAAdapter(configuration, attachingTo: model, seed: 0)
      }

      #expect(error?.code == code, "\(error?.description ?? "accepted")")
    }
    #expect(logits(model) == before)
  }

  @Test func aPackedBaseGetsEveryFormThatTakesItsWeightsBeforePacking() throws {
    for kind in ["dora", "pissa", "tokens"] {
      var configuration = LoRAConfiguration(rank: 2)
      configuration.usesDoRA = kind == "dora"
      configuration.initialization = kind == "pissa" ? .pissa : .kaiming
      configuration.trainedTokens = kind == "tokens" ? [9] : []
      let (plain, packed) = (try model("llama-untied"), try model("llama-untied"))
      let first = try LoRAAdapter(configuration, attachingTo: plain, seed: 1)
      let second = try LoRAAdapter(configuration, attachingTo: packed, seed: 1) {
        packed.packFrozenWeights()
      }

      disturb(first)
      disturb(second)

      expectClose(logits(packed), logits(plain), within: 0.03, kind)
      let error = #expect(throws: AdapterError.self) { try second.merge(into: packed) }
      #expect(error?.code == "ADP.PACKED")
    }
  }

  /// The converter of llama.cpp permutes the rows of q and k; adapters stay in Hugging Face's order.
  @Test(arguments: ["llama-bpe-tied", "llama-bpe-untied"])
  func adapterOfADirectoryComputesTheSameOnItsGGUF(_ name: String) throws {
    var configuration = LoRAConfiguration(rank: 3)
    configuration.usesDoRA = true
    configuration.trainedTokens = [9, 40]
    let (first, second) = (try model(name), try model("\(name)/model-f32.gguf"))
    expectClose(logits(second), logits(first), within: 1e-5, "the bases")
    let adapter = try LoRAAdapter(configuration, attachingTo: first, seed: 1)
    disturb(adapter)

    try withScratch { directory in
      try adapter.save(to: directory, baseModelName: nil)
      _ = try LoRAAdapter(path: directory, attachingTo: second)
    }

    expectClose(logits(second), logits(first), within: 1e-5, "adapted")
  }

  /// Whoever replaces the files meanwhile does not make the hash another's.
  @Test func hashesAreOfTheBytesThatAreRead() throws {
    try withScratch { scratch in
      let copy = "\(scratch)/adapter"
      try FileManager.default.copyItem(atPath: "\(folder)/llama-tied/adapter", toPath: copy)
      let before = try FileHash.sha256(ofFile: "\(copy)/adapter_model.safetensors")
      let directory = try PEFTDirectory(path: copy)
      let other = try PEFTDirectory(path: "\(folder)/llama-untied/adapter")
      try AtomicFile.write(
        InputFile.contents(of: "\(other.path)/adapter_model.safetensors", maxBytes: 1 << 24),
        to: "\(copy)/adapter_model.safetensors")

      let (tensors, hashes) = try directory.contents()

      #expect(hashes.weights == before)
      #expect(tensors.tensors == directory.tensors.tensors)
    }
  }

  @Test func whatIsHandedToOtherForwardPassesIsWhatTheFileHolds() throws {
    let path = "\(folder)/llama-tied/forms/everything"
    let model = try model()
    let seat = AdapterSeat(of: model)
    let adapter = try LoRAAdapter(path: path, attachingTo: model)

    let weights = try AdapterWeights(path: path, fitting: seat)

    let hashes = PEFTDirectory.Hashes(
      configuration: try FileHash.sha256(ofFile: "\(path)/adapter_config.json"),
      weights: try FileHash.sha256(ofFile: "\(path)/adapter_model.safetensors"))
    #expect(weights.hashes == hashes && adapter.hashes == hashes)
    #expect(weights.projections.map(\.path) == adapter.layers.map(\.path))
    #expect(weights.tokenRows.map(\.path) == ["model.embed_tokens"])
    #expect(weights.tokenRows.map(\.ids) == adapter.tokenRows.map(\.rows.ids))
    for (projection, (_, layer)) in zip(weights.projections, adapter.layers) {
      #expect(projection.down == layer.down.value && projection.up == layer.up.value)
      #expect(projection.magnitude == layer.magnitude?.value && projection.scale == layer.scale)
    }
  }
}
