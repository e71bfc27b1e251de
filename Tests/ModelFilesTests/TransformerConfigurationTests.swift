import ModelFiles
import SafeIO
import Testing

@Suite struct TransformerConfigurationTests {
  private func base(_ modelType: String) -> TransformerConfiguration {
    TransformerConfiguration(
      modelType: modelType, vocabularySize: 32, hiddenSize: 16, intermediateSize: 24,
      layerCount: 2, headCount: 4, keyValueHeadCount: 2, normEpsilon: 1e-6, maxPositions: 64,
      bosTokenID: 1, eosTokenIDs: [2], padTokenID: 2)
  }

  private func fixture(_ name: String) throws -> TransformerConfiguration {
    try TransformerConfiguration(parsing: Fixture.json("config-\(name).json"))
  }

  @Test func configurationsThatTransformersWritesAreRead() throws {
    var llama = base("llama")
    llama.headDimension = 8
    llama.tiesEmbeddings = true
    llama.mlpBias = true
    var llama3 = base("llama")
    llama3.eosTokenIDs = [2, 3]
    llama3.ropeTheta = 500_000
    llama3.ropeScaling = RoPEScaling(
      factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 8192)
    var mistral = base("mistral")
    mistral.slidingWindow = 16
    var qwen2 = base("qwen2")
    qwen2.attentionBias = true
    qwen2.ropeTheta = 1e6
    var qwen2Window = base("qwen2")
    qwen2Window.attentionBias = true
    qwen2Window.slidingWindow = 16
    var qwen3 = base("qwen3")
    qwen3.headDimension = 32
    qwen3.queryKeyNorm = true

    #expect(try fixture("llama") == llama)
    #expect(try fixture("llama3") == llama3)
    #expect(try fixture("mistral") == mistral)
    #expect(try fixture("qwen2") == qwen2)
    #expect(try fixture("qwen2-window") == qwen2Window)
    #expect(try fixture("qwen3") == qwen3)
  }

  @Test(arguments: ["llama", "llama3", "mistral", "qwen2", "qwen2-window", "qwen3"])
  func whatIsWrittenReadsBackEqual(name: String) throws {
    let configuration = try fixture(name)

    let written = try JSON(parsing: configuration.json().serialized(pretty: true))

    #expect(try TransformerConfiguration(parsing: written) == configuration)
  }

  @Test func theOlderFormOfRotaryFieldsIsRead() throws {
    let configuration = try TransformerConfiguration(
      parsing: with([
        "rope_theta": 500_000.0,
        "rope_scaling": [
          "type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 8192,
        ],
      ]))

    #expect(configuration.ropeTheta == 500_000)
    #expect(configuration.ropeScaling?.factor == 32)
  }

  /// A small config.json of the older form, with these fields set.
  private func with(_ changes: JSON) -> JSON {
    var json: JSON = [
      "model_type": "llama", "vocab_size": 32, "hidden_size": 16, "intermediate_size": 24,
      "num_hidden_layers": 2, "num_attention_heads": 4, "rope_theta": 10_000.0,
      "is_llama_config": true,
    ]
    var object = json.object ?? JSONObject()
    for (key, value) in changes.object ?? JSONObject() { object[key] = value }
    json = JSON(object)
    return json
  }

  @Test(
    arguments: [
      ("CONFIG.UNSUPPORTED", "model_type", "gemma3"), ("CONFIG.UNSUPPORTED", "hidden_act", "gelu"),
      ("CONFIG.UNSUPPORTED", "attention_bias", true),
      ("CONFIG.UNSUPPORTED", "partial_rotary_factor", 0.5),
      ("CONFIG.UNSUPPORTED", "quantization_config", ["quant_method": "gptq"]),
      ("CONFIG.UNSUPPORTED", "logit_scale", 0.25),
      ("CONFIG.UNSUPPORTED", "rope_scaling", ["type": "linear", "factor": 2.0]),
      (
        "CONFIG.UNSUPPORTED", "rope_scaling",
        ["rope_type": "default", "partial_rotary_factor": 0.5]
      ),
      ("CONFIG.UNSUPPORTED", "sliding_window", 128),
      ("CONFIG.UNSUPPORTED", "layer_types", ["full_attention", "sliding_attention"]),
      ("CONFIG.MISSING", "rope_scaling", ["rope_type": "llama3", "factor": 2.0]),
      ("CONFIG.MISSING", "hidden_size", nil), ("CONFIG.MISSING", "model_type", nil),
      ("CONFIG.TYPE", "hidden_size", 16.0), ("CONFIG.TYPE", "hidden_size", "16"),
      ("CONFIG.TYPE", "tie_word_embeddings", 1), ("CONFIG.TYPE", "rope_theta", "1"),
      ("CONFIG.TYPE", "eos_token_id", ["2"]), ("CONFIG.TYPE", "rope_scaling", []),
      ("CONFIG.VALUE", "hidden_size", 0), ("CONFIG.VALUE", "hidden_size", 17),
      ("CONFIG.VALUE", "num_attention_heads", 0), ("CONFIG.VALUE", "num_hidden_layers", -1),
      ("CONFIG.VALUE", "num_key_value_heads", 3), ("CONFIG.VALUE", "num_key_value_heads", 0),
      ("CONFIG.VALUE", "vocab_size", 9_223_372_036_854_775_807), ("CONFIG.VALUE", "head_dim", 7),
      ("CONFIG.VALUE", "rms_norm_eps", 0.0), ("CONFIG.VALUE", "rope_theta", 0.0),
      ("CONFIG.VALUE", "eos_token_id", 32), ("CONFIG.VALUE", "eos_token_id", [1, -2]),
    ] as [(String, String, JSON)])
  func aFieldThatCannotBeHonouredIsRefusedByName(expected: String, field: String, value: JSON) {
    let json = with([field: value])

    let error = #expect(throws: ModelFileError.self) {
      try TransformerConfiguration(parsing: json)
    }

    #expect(error?.code == expected)
    #expect(error?.description.contains(field) == true)
  }

  @Test func fieldsThatChangeNothingAreAccepted() throws {
    let configuration = try TransformerConfiguration(
      parsing: with([
        "partial_rotary_factor": 1.0, "quantization_config": nil, "attention_dropout": 0.1,
        "attention_bias": false, "hidden_act": "silu", "pad_token_id": -1, "head_dim": nil,
        "num_key_value_heads": nil, "layer_types": ["full_attention", "full_attention"],
      ]))

    #expect(configuration.padTokenID == nil)
    #expect(configuration.headDimension == 4 && configuration.keyValueHeadCount == 4)
    #expect(configuration.normEpsilon == 1e-6)
  }

  @Test func windowsOfQwenNeedTheSwitchAndAllLayers() throws {
    func window(_ changes: JSON) throws -> Int? {
      var all = with(changes).object ?? JSONObject()
      all["model_type"] = "qwen2"
      all["num_key_value_heads"] = 2
      all["sliding_window"] = 16
      return try TransformerConfiguration(parsing: JSON(all)).slidingWindow
    }

    #expect(try window([:]) == nil)
    #expect(try window(["use_sliding_window": true, "max_window_layers": 0]) == 16)
    #expect(try window(["use_sliding_window": true, "max_window_layers": 2]) == nil)
    #expect(
      code { _ = try window(["use_sliding_window": true, "max_window_layers": 1]) }
        == "CONFIG.UNSUPPORTED")
  }

  @Test func frequenciesOfLlama3AreThoseOfTransformers() throws {
    var configuration = base("llama")
    configuration.headDimension = 64
    configuration.ropeTheta = 500_000
    configuration.ropeScaling = RoPEScaling(
      factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 8192)

    let frequencies = configuration.inverseFrequencies

    // transformers 5.23.0: LlamaRotaryEmbedding(config).inv_freq, entries 0, 13, 16, 18, 31.
    let expected: [(Int, Double)] = [
      (0, 1), (13, 0.00483942125), (16, 0.000429556705), (18, 1.94616387e-05), (31, 9.41830649e-08),
    ]
    for (index, value) in expected { #expect(abs(frequencies[index] / value - 1) < 1e-5) }
  }
}
