import Foundation
import ModelFiles
import SafeIO
import Testing

/// Every field of a `config.json` is honoured, known to change nothing, or refused by its name.
@Suite struct ConfigurationFieldsTests {
  /// As the model's page has it: SmolLM2-135M-Instruct.
  private static let smolLM2 = """
    {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 576,
    "initializer_range": 0.041666666666666664, "intermediate_size": 1536, "is_llama_config": true,
    "max_position_embeddings": 8192, "mlp_bias": false, "model_type": "llama",
    "num_attention_heads": 9, "num_hidden_layers": 30, "num_key_value_heads": 3, "pad_token_id": 2,
    "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": false, "rope_scaling": null,
    "rope_theta": 100000, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
    "transformers_version": "4.42.3", "transformers.js_config": {"kv_cache_dtype":
    {"q4f16": "float16", "fp16": "float16"}}, "use_cache": true, "vocab_size": 49152}
    """

  /// Qwen2.5-0.5B-Instruct.
  private static let qwen2 = """
    {"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643,
    "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 896, "initializer_range": 0.02,
    "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 21,
    "model_type": "qwen2", "num_attention_heads": 14, "num_hidden_layers": 24,
    "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
    "sliding_window": 32768, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
    "transformers_version": "4.43.1", "use_cache": true, "use_sliding_window": false,
    "vocab_size": 151936}
    """

  /// Qwen3-0.6B.
  private static let qwen3 = """
    {"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "bos_token_id": 151643, "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu",
    "hidden_size": 1024, "initializer_range": 0.02, "intermediate_size": 3072,
    "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3",
    "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8,
    "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000, "sliding_window": null,
    "tie_word_embeddings": true, "torch_dtype": "bfloat16", "transformers_version": "4.51.0",
    "use_cache": true, "use_sliding_window": false, "vocab_size": 151936}
    """

  /// Llama-3.2-1B-Instruct.
  private static let llama3 = """
    {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009], "head_dim": 64,
    "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02,
    "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": false,
    "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 16,
    "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling":
    {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192, "rope_type": "llama3"}, "rope_theta": 500000.0,
    "tie_word_embeddings": true, "torch_dtype": "bfloat16", "transformers_version": "4.45.0.dev0",
    "use_cache": true, "vocab_size": 128256}
    """

  /// Mistral-7B-v0.1.
  private static let mistral = """
    {"architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2,
    "hidden_act": "silu", "hidden_size": 4096, "initializer_range": 0.02,
    "intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral",
    "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
    "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "sliding_window": 4096,
    "tie_word_embeddings": false, "torch_dtype": "bfloat16",
    "transformers_version": "4.34.0.dev0", "use_cache": true, "vocab_size": 32000}
    """

  @Test(arguments: [
    (smolLM2, 30, nil), (qwen2, 24, nil), (qwen3, 28, nil), (llama3, 16, nil), (mistral, 32, 4096),
  ])
  func publishedConfigurationsAreAccepted(text: String, layers: Int, window: Int?) throws {
    let configuration = try TransformerConfiguration(parsing: JSON(parsing: text))

    #expect(configuration.layerCount == layers)
    #expect(configuration.slidingWindow == window)
  }

  /// SmolLM2's configuration with these fields set.
  private func refusal(_ changes: JSON) throws -> ModelFileError? {
    var object = try #require(JSON(parsing: Self.smolLM2).object)
    for (key, value) in changes.object ?? JSONObject() { object[key] = value }
    do {
      _ = try TransformerConfiguration(parsing: JSON(object))
      return nil
    } catch let error as ModelFileError {
      return error
    }
  }

  @Test func fieldsThatNobodyKnowsAreNamed() throws {
    let error = try refusal(["sinks_per_head": 4, "router": ["kind": "top"], "nothing": nil])

    #expect(error?.code == "CONFIG.UNKNOWN")
    #expect(error?.description == "config.json: unknown fields: sinks_per_head, router")
    #expect(
      error?.hint
        == "What is not known could change what the model computes; remove what changes nothing.")
  }

  @Test(arguments: [
    ("rope_tetha", "rope_theta"), ("slidingwindow", "sliding_window"),
    ("num_key_value_head", "num_key_value_heads"),
  ])
  func slipInTheNameOfAFieldIsRecognised(typed: String, meant: String) throws {
    let error = try refusal(JSON(object: typed, 8))

    #expect(error?.code == "CONFIG.UNKNOWN")
    #expect(error?.hint == "Did you mean '\(meant)'?")
  }

  @Test func fieldsOfRotaryEmbeddingAreCheckedToo() throws {
    let yarn: JSON = ["rope_type": "default", "beta_fast": 32.0]
    let llama3: JSON = [
      "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 8192, "attention_factor": 1.2,
    ]

    #expect(
      try refusal(["rope_scaling": yarn])?.problem
        == .configUnknown(fields: ["rope_scaling.beta_fast"], nearest: nil))
    #expect(
      try refusal(["rope_parameters": llama3])?.problem
        == .configUnknown(fields: ["rope_parameters.attention_factor"], nearest: nil))
  }

  @Test func theTwoFormsOfRotaryFieldsMustAgree() throws {
    let plain: JSON = ["rope_type": "default", "rope_theta": 100_000.0]
    let other: JSON = ["rope_type": "default", "rope_theta": 5.0]

    #expect(try refusal(["rope_parameters": plain, "rope_scaling": ["type": "default"]]) == nil)
    #expect(
      try refusal(["rope_parameters": other, "rope_scaling": ["type": "default"]])?.code
        == "CONFIG.UNSUPPORTED")
  }

  @Test(
    arguments: [
      ("architectures", ["LlamaForSequenceClassification"]),
      ("architectures", ["LlamaForCausalLM", "Other"]), ("architectures", "LlamaForCausalLM"),
      ("auto_map", ["AutoModelForCausalLM": "modeling.Own"]), ("use_sliding_window", true),
      ("pruned_heads", ["0": [1]]), ("quantization", ["bits": 4]), ("num_experts_per_tok", 2),
    ] as [(String, JSON)])
  func fieldThatIsKnownAndNotBuiltIsRefusedByName(field: String, value: JSON) throws {
    let error = try refusal(JSON(object: field, value))

    #expect(error?.code == "CONFIG.UNSUPPORTED")
    #expect(error?.description.contains("'\(field)'") == true)
  }

  @Test func valuesThatChangeNothingAreAccepted() throws {
    #expect(
      try refusal([
        "architectures": ["LLaMAForCausalLM"], "use_sliding_window": false, "pruned_heads": [:],
        "auto_map": nil, "num_experts_per_tok": 0, "unsloth_version": "2025.1", "some_field": nil,
      ]) == nil)
  }
}

extension JSON {
  fileprivate init(object key: String, _ value: JSON) {
    var object = JSONObject()
    object[key] = value
    self.init(object)
  }
}
