import Foundation
import ModelFiles
import SafeIO
import TestSupport
import Testing

@Suite struct PEFTTests {
  @Test func whatPEFTWritesIsReadAndWrittenBack() throws {
    let configuration = try PEFTConfiguration(parsing: Fixture.json("adapter_config.json"))

    #expect(
      configuration
        == PEFTConfiguration(
          rank: 4, alpha: 8, dropout: 0.05, targets: .names(["q_proj", "v_proj"]),
          baseModelName: "some/model", usesRSLoRA: true,
          rankPattern: [PatternSetting(try ModulePattern("0.self_attn.q_proj"), 2)],
          alphaPattern: [PatternSetting(try ModulePattern("v_proj"), 2.5)],
          layersToTransform: [0, 1]))
    #expect(
      try PEFTConfiguration(parsing: JSON(parsing: configuration.json().serialized()))
        == configuration)
  }

  @Test func ranksAndScalesFollowThePatterns() throws {
    let configuration = try PEFTConfiguration(parsing: Fixture.json("adapter_config.json"))

    #expect(configuration.rank(of: "model.layers.0.self_attn.q_proj") == 2)
    #expect(configuration.rank(of: "model.layers.10.self_attn.q_proj") == 4)
    #expect(configuration.scale(of: "model.layers.1.self_attn.q_proj") == 8 / 2)
    #expect(configuration.scale(of: "model.layers.1.self_attn.v_proj") == 2.5 / 2)
    #expect(configuration.adapts("model.layers.1.self_attn.v_proj"))
    #expect(!configuration.adapts("model.layers.1.self_attn.k_proj"))
    #expect(!configuration.adapts("model.layers.1.self_attn.xq_proj"))
  }

  private func with(_ changes: JSON) -> JSON {
    var object = JSONObject()
    object["peft_type"] = "LORA"
    object["r"] = 4
    object["lora_alpha"] = 8
    object["target_modules"] = ["q_proj"]
    for (key, value) in changes.object ?? JSONObject() { object[key] = value }
    return JSON(object)
  }

  @Test(
    arguments: [
      ("ADP.CONFIG", "r", 0), ("ADP.CONFIG", "r", -1), ("ADP.CONFIG", "r", 1_000_000_000),
      ("ADP.CONFIG", "lora_alpha", 0), ("ADP.CONFIG", "lora_alpha", 1e300),
      ("ADP.CONFIG", "lora_dropout", 2), ("ADP.CONFIG", "lora_dropout", -0.1),
      ("ADP.CONFIG", "target_modules", []), ("ADP.CONFIG", "rank_pattern", ["q_proj": 0]),
      ("CONFIG.TYPE", "r", "4"), ("CONFIG.TYPE", "r", 4.0), ("CONFIG.TYPE", "target_modules", [1]),
      ("CONFIG.MISSING", "target_modules", nil), ("CONFIG.MISSING", "lora_alpha", nil),
      ("ADP.PATTERN", "target_modules", "(.*"), ("ADP.PATTERN", "target_modules", "(?=a)b"),
      ("ADP.PATTERN", "target_modules", ["(a+)+$"]), ("ADP.PATTERN", "rank_pattern", ["a(b": 2]),
      ("ADP.PATTERN", "target_modules", ["layers.*.q_proj"]),
      ("ADP.CONFIG", "trainable_token_indices", [1, 1]),
      ("ADP.CONFIG", "trainable_token_indices", ["wte": [1]]),
      ("ADP.UNKNOWN", "use_dorra", true), ("ADP.UNKNOWN", "a_field_of_tomorrow", 3),
      ("ADP.UNSUPPORTED", "alora_invocation_tokens", [1, 2]),
      ("ADP.UNSUPPORTED", "target_parameters", ["x"]), ("ADP.UNSUPPORTED", "use_qalora", true),
      ("ADP.UNSUPPORTED", "megatron_config", ["a": 1]),
      ("ADP.UNSUPPORTED", "peft_type", "IA3"), ("ADP.UNSUPPORTED", "peft_type", nil),
      ("ADP.UNSUPPORTED", "task_type", "SEQ_CLS"),
      ("ADP.UNSUPPORTED", "auto_mapping", ["parent_library": "x"]),
      ("ADP.UNSUPPORTED", "bias", "all"),
      ("ADP.UNSUPPORTED", "modules_to_save", ["lm_head"]), ("ADP.UNSUPPORTED", "lora_bias", true),
      ("ADP.UNSUPPORTED", "init_lora_weights", "pissa_niter_4"),
      ("ADP.UNSUPPORTED", "layer_replication", [[0, 1]]),
    ] as [(String, String, JSON)])
  func aFieldThatCannotBeHonouredIsRefusedByName(expected: String, field: String, value: JSON) {
    let error = #expect(throws: ModelFileError.self) {
      try PEFTConfiguration(parsing: with([field: value]))
    }

    #expect(error?.code == expected)
    #expect(error?.description.contains(field) == true)
  }

  /// Fields that PEFT writes and that change nothing in a trained adapter, and one of a later version.
  @Test func aFieldThatChangesNothingIsTaken() throws {
    for (field, value) in [
      ("fan_in_fan_out", true), ("peft_version", "0.21.2"), ("loftq_config", JSON(JSONObject())),
      ("runtime_config", ["ephemeral_gpu_offload": true]), ("init_lora_weights", "eva"),
      ("auto_mapping", ["base_model_class": "LlamaForCausalLM"]), ("not_there_yet", false),
      ("megatron_core", "megatron.core"),
    ] as [(String, JSON)] {
      #expect(throws: Never.self, "\(field)") {
        try PEFTConfiguration(parsing: with([field: value]))
      }
    }
  }

  @Test func aListOfLayersIsCountedAsPEFTCounts() throws {
    let configuration = try PEFTConfiguration(
      parsing: with(["layers_to_transform": [1], "exclude_modules": ["1.mlp.q_proj"]]))
    let named = try PEFTConfiguration(
      parsing: with(["layers_to_transform": 1, "layers_pattern": "blocks"]))

    #expect(configuration.adapts("model.layers.1.self_attn.q_proj"))
    #expect(!configuration.adapts("model.layers.11.self_attn.q_proj"))
    #expect(!configuration.adapts("model.layers.1.mlp.q_proj"))
    #expect(!named.adapts("model.layers.1.self_attn.q_proj"))
    #expect(named.adapts("model.blocks.1.self_attn.q_proj"))
  }

  private typealias Tensors = [(name: String, shape: [Int], values: SafetensorsWriter.Values)]

  /// The error code of an adapter of rank 4 with these tensors.
  private func code(_ shapes: [(String, [Int])]) throws -> String {
    try withTemporaryDirectory { directory in
      try AtomicFile.write(
        Array(with([:]).serialized().utf8), to: "\(directory)/adapter_config.json")
      try SafetensorsWriter.write(
        shapes.map { ($0, $1, .f32([Float](repeating: 0, count: $1.reduce(1, *)))) },
        to: "\(directory)/adapter_model.safetensors")
      return ModelFilesTests.code { _ = try PEFTDirectory(path: directory) }
    }
  }

  @Test func anAdapterIsWholeOrRefused() throws {
    let module = "base_model.model.model.layers.0.self_attn.q_proj"
    let a = ("\(module).lora_A.weight", [4, 16])
    let b = ("\(module).lora_B.weight", [8, 4])

    #expect(try code([a, b]) == "accepted")
    #expect(try code([a]) == "ADP.MISSING")
    #expect(try code([b]) == "ADP.MISSING")
    #expect(try code([a, b, ("\(module).lora_C.weight", [1])]) == "ADP.UNEXPECTED")
    #expect(try code([a, b, ("\(module).lora_magnitude_vector", [8])]) == "ADP.UNEXPECTED")
    #expect(try code([("x.lora_A.weight", [4, 16])]) == "ADP.NOMATCH")
    #expect(try code([a, (b.0, [8, 2])]) == "ADP.SHAPE")
    #expect(try code([(a.0, [16, 4]), (b.0, [4, 8])]) == "ADP.SHAPE")
    #expect(try code([(a.0, [2, 16]), (b.0, [8, 2])]) == "ADP.SHAPE")
    #expect(try code([(a.0, [4]), b]) == "ADP.SHAPE")
  }

  /// What PEFT 0.21.2 writes for embedding adapters, `lora_bias`, `modules_to_save` and a vocabulary that grew.
  @Test func tensorsOfWhatIsNotBuiltAreRefusedAsWhatTheyAre() throws {
    let model = "base_model.model.model"
    let module = "\(model).layers.0.self_attn.q_proj"
    let pair = [("\(module).lora_A.weight", [4, 16]), ("\(module).lora_B.weight", [8, 4])]
    func refusal(_ shapes: [(String, [Int])]) throws -> String {
      try withTemporaryDirectory { directory in
        try AtomicFile.write(
          Array(with([:]).serialized().utf8), to: "\(directory)/adapter_config.json")
        try SafetensorsWriter.write(
          (pair + shapes).map { ($0, $1, .f32([Float](repeating: 0, count: $1.reduce(1, *)))) },
          to: "\(directory)/adapter_model.safetensors")
        let error = #expect(throws: ModelFileError.self) { _ = try PEFTDirectory(path: directory) }
        #expect(error?.code == "ADP.UNSUPPORTED")
        return error?.description ?? ""
      }
    }

    #expect(
      try refusal([
        ("\(model).embed_tokens.base_layer.weight", [96, 16]),
        ("\(model).embed_tokens.lora_embedding_A", [4, 96]),
        ("\(model).embed_tokens.lora_embedding_B", [16, 4]),
      ]).contains("an adapter of the embedding"))
    #expect(try refusal([("\(module).lora_B.bias", [8])]).contains("lora_bias"))
    #expect(try refusal([("base_model.model.lm_head.weight", [96, 16])]).contains("a whole table"))
    #expect(try refusal([("\(module).base_layer.bias", [8])]).contains("a trained bias"))
    #expect(try refusal([("\(model).norm.weight", [16])]).contains("modules_to_save"))
    #expect(
      try refusal([
        ("base_model.model.lm_head.base_layer.weight", [96, 16]),
        ("base_model.model.lm_head.lora_A.weight", [4, 16]),
        ("base_model.model.lm_head.lora_B.weight", [96, 4]),
      ]).contains("an adapter of the output layer"))
  }

  @Test func aPickleIsRefusedUnopened() throws {
    try withTemporaryDirectory { directory in
      try AtomicFile.write(
        Array(with([:]).serialized().utf8), to: "\(directory)/adapter_config.json")
      #expect(ModelFilesTests.code { _ = try PEFTDirectory(path: directory) } == "IO.NOTFOUND")

      try AtomicFile.write([0x80], to: "\(directory)/adapter_model.bin")

      #expect(ModelFilesTests.code { _ = try PEFTDirectory(path: directory) } == "ADP.PICKLE")
    }
  }
}
