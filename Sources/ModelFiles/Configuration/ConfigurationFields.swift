import SafeIO

/// The fields of a `config.json` that are known.
///
/// A field that nobody here knows could change what the model computes, so it is refused by its name.
enum ConfigurationFields {
  /// The class that transformers has for each model type.
  static let classes = [
    "llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
  ]

  /// Fields that are read.
  static let honoured: Set<String> = [
    "model_type", "architectures", "vocab_size", "hidden_size", "intermediate_size",
    "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "rms_norm_eps",
    "max_position_embeddings", "tie_word_embeddings", "attention_bias", "mlp_bias", "rope_theta",
    "rope_scaling", "rope_parameters", "sliding_window", "use_sliding_window", "max_window_layers",
    "layer_types", "bos_token_id", "eos_token_id", "pad_token_id",
  ]

  /// Fields that change nothing that is computed here, whatever their value: notes on where the model comes
  /// from, how it was initialised and trained, how to run, generate or label with it elsewhere.
  static let bookkeeping: Set<String> = [
    // Origin
    "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "finetuning_task",
    "is_llama_config", "unsloth_version", "unsloth_fixed", "transformers.js_config",
    // Weights as they are stored, and how others compute with them
    "dtype", "torch_dtype", "use_bfloat16", "torchscript", "pretraining_tp", "use_cache",
    "attn_implementation", "_attn_implementation", "_attn_implementation_autoset",
    "_attn_implementation_internal", "chunk_size_feed_forward", "gradient_checkpointing",
    // How its authors trained it
    "initializer_range", "attention_dropout", "hidden_dropout", "max_sequence_length",
    // What functions return there
    "return_dict", "use_return_dict", "output_attentions", "output_hidden_states",
    "keys_to_ignore_at_inference", "is_decoder", "tf_legacy_loss",
    // Labels of classifiers
    "id2label", "label2id", "num_labels", "problem_type", "task_specific_params",
    // Tokens and generation, which have files of their own
    "tokenizer_class", "prefix", "sep_token_id", "unk_token_id", "decoder_start_token_id",
    "max_length", "min_length", "max_new_tokens", "do_sample", "early_stopping", "num_beams",
    "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "typical_p",
    "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size",
    "bad_words_ids", "num_return_sequences", "output_scores", "return_dict_in_generate",
    "forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values",
    "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
  ]

  /// Fields that change what is computed in ways that are not built.
  ///
  /// Each with the values at which it changes nothing; `null` changes nothing anywhere.
  static let refused: [(field: String, neutral: [JSON])] = [
    ("hidden_act", ["silu", "swish"]), ("hidden_activation", ["silu", "swish"]),
    ("partial_rotary_factor", [1, 1.0]), ("rotary_pct", [1, 1.0]), ("rotary_dim", []),
    ("rope_interleaved", [false]), ("use_mrope", [false]), ("mrope_section", []),
    ("attn_logit_softcapping", []), ("final_logit_softcapping", []),
    ("query_pre_attn_scalar", []), ("logit_scale", [1, 1.0]), ("logits_scaling", [1, 1.0]),
    ("embedding_multiplier", [1, 1.0]), ("residual_multiplier", [1, 1.0]),
    ("attention_multiplier", []), ("scale_emb", [1, 1.0]), ("scale_depth", []),
    ("clip_qkv", []), ("use_qk_norm", [false]), ("qk_layernorm", [false]),
    ("no_rope_layers", [[]]), ("no_rope_layer_interval", []), ("num_experts", [0, 1]),
    ("num_local_experts", [0, 1]), ("n_routed_experts", [0]), ("num_experts_per_tok", [0, 1]),
    ("kv_lora_rank", []), ("quantization_config", []), ("quantization", []),
    ("compression_config", []), ("auto_map", [[:]]), ("pruned_heads", [[:]]),
    ("attention_out_bias", [false]), ("use_bias", [false]), ("alibi", [false]),
    ("is_encoder_decoder", [false]), ("add_cross_attention", [false]),
    ("cross_attention_hidden_size", []), ("tie_encoder_decoder", [false]),
    ("tie_last_hidden_states", [false]), ("parallel_residual", [false]),
    ("use_parallel_residual", [false]), ("is_causal", [true]),
    ("use_bidirectional_attention", [false]),
  ]

  private static let known = honoured.union(bookkeeping).union(refused.map(\.field))

  /// Checks that every field is one that is known, and that those that are not built change nothing.
  static func check(_ reader: ConfigurationReader, type: String) throws {
    for (field, neutral) in refused {
      guard let value = reader.value(field), !neutral.contains(value) else { continue }
      throw reader.unsupported(field, "this is not built")
    }
    try reader.refuseUnknown(known)
    if type != "qwen2", type != "qwen3", try reader.bool("use_sliding_window") ?? false {
      throw reader.unsupported("use_sliding_window", "models of type \(type) have no such switch")
    }
    if let value = reader.value("architectures") {
      // The latter is how the first Llama checkpoints spell it.
      let names = [classes[type] ?? "", type == "llama" ? "LLaMAForCausalLM" : ""]
      let found = value.array?.map { $0.string ?? "" } ?? [""]
      guard found.allSatisfy({ !$0.isEmpty && names.contains($0) }) else {
        throw reader.unsupported("architectures", "the class that runs is \(names[0])")
      }
    }
  }
}

extension ConfigurationReader {
  /// Refuses fields that are not null and not in `known`.
  func refuseUnknown(_ known: Set<String>, prefix: String = "") throws {
    let unknown = json.keys.filter { value($0) != nil && !known.contains($0) }
    guard let first = unknown.first else { return }
    throw ModelFileError(
      path,
      .configUnknown(
        fields: unknown.map { prefix + $0 },
        nearest: NearestName.of(first, among: Array(known)).map { prefix + $0 }))
  }
}
