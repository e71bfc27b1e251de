import Foundation
import SafeIO
import Testing

@Suite struct InspectTests {
  static let models = [
    "llama-untied", "llama-tied", "llama-headdim", "llama3-rope", "qwen2", "qwen3", "mistral",
    "llama-bpe-tied", "llama-bpe-untied",
  ]

  @Test(arguments: models)
  func modelDirectoryTellsItsConfigurationAndAllItsTensors(name: String) throws {
    let path = Fixture.model(name)
    let config = try JSON(parsingFile: "\(path)/config.json")

    let report = try Fixture.json(["inspect", path, "--tensors"])

    #expect(report["kind"]?.string == "model")
    #expect(report["runs"]?.bool == true)
    for key in ["model_type", "hidden_size", "num_hidden_layers", "vocab_size"] {
      #expect(report["configuration"]?[key] == config[key], "\(key)")
    }
    let tensors = try #require(report["tensors"]?.array)
    let counts = tensors.map { ($0["shape"]?.array ?? []).compactMap(\.int).reduce(1, *) }
    #expect(report["tensor_count"]?.int == tensors.count)
    #expect(report["parameters"]?.int == counts.reduce(0, +))
    #expect(tensors.allSatisfy { $0["type"]?.string == "F32" })
    let bytes = tensors.compactMap { $0["bytes"]?.int }.reduce(0, +)
    #expect(bytes == 4 * counts.reduce(0, +))
    #expect(report["tensor_bytes"]?.int == bytes)
    let weights = try FileHash.sha256(ofFile: "\(path)/model.safetensors")
    #expect(report["weights_sha256"]?.string == weights)
    let hasTokenizer = FileManager.default.fileExists(atPath: "\(path)/tokenizer.json")
    #expect(report["tokenizer"]?.isNull == !hasTokenizer)
  }

  @Test(arguments: ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1"])
  func ggufFileTellsItsMetadataAndTypes(type: String) throws {
    let report = try Fixture.json([
      "inspect", Fixture.model("llama-bpe-tied/model-\(type).gguf"),
    ])

    #expect(report["kind"]?.string == "gguf")
    #expect(report["runs"]?.bool == true)
    #expect(report["metadata"]?["general.architecture"]?.string == "llama")
    #expect(report["metadata"]?["tokenizer.ggml.tokens"]?["count"]?.int == 320)
    #expect(report["parameters"]?.int == 28_832)
    let types = (report["tensor_types"]?.array ?? []).compactMap { $0["type"]?.string }
    #expect(types.contains(type.uppercased()))
    #expect(report["tokenizer"]?["vocabulary_size"]?.int == 320)
    #expect(report["tokenizer"]?["pre_tokenizer"]?.string == "smollm")
    #expect(report["tokenizer"]?["eos"]?.array?.first?["token"]?.string == "<|im_end|>")
  }

  @Test func directoryAndGGUFHoldTheSameTokenizer() throws {
    let directory = try Fixture.json(["inspect", Fixture.model("llama-bpe-tied")])
    let gguf = try Fixture.json(["inspect", Fixture.model("llama-bpe-tied/model-f32.gguf")])
    let alone = try Fixture.json(["inspect", Fixture.model("llama-bpe-tied/tokenizer.json")])

    let hash = try #require(directory["tokenizer"]?["sha256"]?.string)
    #expect(gguf["tokenizer"]?["sha256"]?.string == hash)
    #expect(alone["sha256"]?.string == hash)
    #expect(alone["special_tokens"]?.array?.count == 3)
  }

  @Test func ggufOfAnUnknownArchitectureIsShownAllTheSame() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    var bytes = try InputFile.contents(
      of: Fixture.model("llama-bpe-tied/model-f32.gguf"), maxBytes: 1 << 20)
    let name = Array("general.architecture".utf8)
    let place = try #require(
      bytes.indices.first { bytes[$0...].starts(with: name) }.map { $0 + name.count + 12 })
    #expect(bytes[place..<place + 5].elementsEqual("llama".utf8))
    bytes.replaceSubrange(place..<place + 5, with: "mambo".utf8)
    try Data(bytes).write(to: scratch.url("odd.gguf"))

    let report = try Fixture.json(["inspect", scratch.url("odd.gguf").path])

    #expect(report["metadata"]?["general.architecture"]?.string == "mambo")
    #expect(report["runs"]?.bool == false)
    #expect(report["tensor_count"]?.int == 20)
    #expect(report["warnings"]?.array?.first?.string?.contains("mambo") == true)
  }

  @Test func theTemplateIsShownOnRequest() throws {
    let path = Fixture.model("llama-bpe-tied")
    let source = try String(contentsOfFile: "\(path)/chat_template.jinja", encoding: .utf8)

    let without = try Fixture.json(["inspect", path])
    let with = try Fixture.json(["inspect", path, "--template"])

    #expect(without["tokenizer"]?["chat_template"]?["text"] == nil)
    #expect(with["tokenizer"]?["chat_template"]?["text"]?.string == source)
    #expect(
      with["tokenizer"]?["chat_template"]?["sha256"]?.string
        == FileHash.sha256(of: Array(source.utf8)))
  }

  // numpy 2.4, float64, over safetensors.numpy.load_file:
  //   sqrt(sum(norm(2 * B @ A) ** 2)) of all modules, and norm(2 * B @ A) of layer 0's q_proj.
  @Test func adapterTellsHowLargeItsUpdatesAre() throws {
    let report = try Fixture.json(["inspect", Fixture.model("llama-tied/adapter")])

    #expect(report["kind"]?.string == "adapter")
    #expect(report["rank"]?.int == 4)
    #expect(report["alpha"]?.double == 8)
    #expect(report["scale"]?.double == 2)
    #expect(report["base_model"]?.string == "llama-tied")
    let modules = try #require(report["modules"]?.array)
    #expect(modules.count == 14)
    let total = try #require(report["norm"]?.double)
    let first = try #require(
      modules.first { $0["name"]?.string == "model.layers.0.self_attn.q_proj" }?["norm"]?.double)
    #expect(abs(total - 5.066766119) < 1e-6)
    #expect(abs(first - 1.551414304) < 1e-6)
    #expect(report["warnings"] == nil)
  }

  @Test func scaleOfRankStabilisedAdaptersIsByTheRootOfTheRank() throws {
    let report = try Fixture.json(["inspect", Fixture.model("llama-tied/adapter-rslora")])

    #expect(report["method"]?.string == "rsLoRA")
    #expect(report["scale"]?.double == 4)
  }

  @Test func adapterThatWasNeverTrainedIsWarnedOf() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let path = try Fixture.copy("llama-tied/adapter", to: scratch)
    let weights = "\(path)/adapter_model.safetensors"
    var bytes = try InputFile.contents(of: weights, maxBytes: 1 << 20)
    let header = try JSON(parsing: Array(bytes[8..<8 + Int(bytes[0]) + 256 * Int(bytes[1])]))
    let data = 8 + Int(bytes[0]) + 256 * Int(bytes[1])
    let name = "base_model.model.model.layers.1.mlp.up_proj.lora_B.weight"
    let range = try #require(header[name]?["data_offsets"]?.array).compactMap(\.int)
    for index in range[0]..<range[1] { bytes[data + index] = 0 }
    try Data(bytes).write(to: URL(fileURLWithPath: weights))

    let report = try Fixture.json(["inspect", path])

    let untrained = (report["modules"]?.array ?? []).filter { $0["untrained"]?.bool == true }
    #expect(untrained.map { $0["name"]?.string } == ["model.layers.1.mlp.up_proj"])
    #expect(untrained.first?["norm"]?.double == 0)
    #expect(report["warnings"]?.array?.first?.string?.hasPrefix("B is zero in 1 of 14") == true)
  }

  @Test func runDirectoryTellsItsStepsAndItsAdapter() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    try Data(#"{"command": "train", "settings": {"steps": 2}}"#.utf8)
      .write(to: scratch.url("run.json"))
    let metrics = #"{"step": 1, "loss": 2.5}"# + "\n" + #"{"step": 2, "loss": 1.5}"# + "\n"
    try Data(metrics.utf8).write(to: scratch.url("metrics.jsonl"))
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: Fixture.model("llama-tied/adapter")), to: scratch.url("adapter"))

    let report = try Fixture.json(["inspect", scratch.root.path])

    #expect(report["kind"]?.string == "run")
    #expect(report["run"]?["settings"]?["steps"]?.int == 2)
    #expect(report["metrics"]?["steps"]?.int == 2)
    #expect(report["metrics"]?["last"]?["loss"]?.double == 1.5)
    #expect(report["adapter"]?["rank"]?.int == 4)
  }

  @Test(arguments: [
    "llama-bpe-tied", "llama-bpe-tied/model-q4_1.gguf", "llama-tied/adapter",
    "llama-bpe-tied/tokenizer.json", "llama-tied/model.safetensors",
  ])
  func whatPeopleReadFitsAHundredColumns(path: String) throws {
    let outcome = try CommandRunner.run(["inspect", Fixture.model(path), "--tensors"])

    #expect(outcome.exitCode == 0)
    #expect(outcome.error.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count > 5)
    // The path itself is as long as it is.
    #expect(lines.filter { !$0.contains("/") }.allSatisfy { $0.count <= 100 })
  }
}
