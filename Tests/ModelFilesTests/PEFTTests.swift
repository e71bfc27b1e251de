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
          rank: 4, alpha: 8, dropout: 0.05, targetModules: ["q_proj", "v_proj"],
          baseModelName: "some/model", usesRSLoRA: true,
          rankPattern: [("0.self_attn.q_proj", 2)], alphaPattern: [("v_proj", 2.5)],
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
    #expect(configuration.targets("model.layers.1.self_attn.v_proj"))
    #expect(!configuration.targets("model.layers.1.self_attn.k_proj"))
    #expect(!configuration.targets("model.layers.1.self_attn.xq_proj"))
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
      ("ADP.PATTERN", "target_modules", "(.*)*(.*)*q_projX"),
      ("ADP.PATTERN", "target_modules", #"model\.layers\.\d+\.(q|v)_proj"#),
      ("ADP.PATTERN", "target_modules", ["(a+)+$"]), ("ADP.PATTERN", "rank_pattern", ["a|b": 2]),
      ("ADP.UNSUPPORTED", "peft_type", "IA3"), ("ADP.UNSUPPORTED", "peft_type", nil),
      ("ADP.UNSUPPORTED", "task_type", "SEQ_CLS"),
      ("ADP.UNSUPPORTED", "auto_mapping", ["parent_library": "x"]),
      ("ADP.UNSUPPORTED", "bias", "all"), ("ADP.UNSUPPORTED", "fan_in_fan_out", true),
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

  @Test func starsMatchAnyTextAndNothingElseIsAPattern() throws {
    let configuration = try PEFTConfiguration(
      parsing: with(["target_modules": ".*layers.*.q_proj"]))

    #expect(configuration.targetModules == ["*layers*.q_proj"])
    #expect(configuration.targets("model.layers.11.self_attn.q_proj"))
    #expect(!configuration.targets("model.layers.11.self_attn.q_proj.lora"))
    #expect(!configuration.targets("model.blocks.11.self_attn.q_proj"))
  }

  @Test func aHostilePatternOfStarsTakesNoTime() throws {
    let stars = String(repeating: "*a", count: 120) + "b"
    let configuration = try PEFTConfiguration(parsing: with(["target_modules": [JSON(stars)]]))

    let time = CPUTime.measure {
      #expect(!configuration.targets(String(repeating: "a", count: 1000)))
    }

    #expect(time < .seconds(1))
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
