import SafeIO

/// What becomes of every field of PEFT's `LoraConfig`, as of PEFT 0.21.
enum PEFTFields {
  /// Fields that are read, and decide what the adapter computes.
  static let honoured: Set = [
    "peft_type", "task_type", "auto_mapping", "base_model_name_or_path", "r", "lora_alpha",
    "lora_dropout", "target_modules", "exclude_modules", "init_lora_weights", "use_rslora",
    "use_dora", "rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern",
    "trainable_token_indices",
  ]

  /// Fields that change nothing in an adapter that is trained already.
  ///
  /// The first weights were drawn as `eva_config`, `loftq_config`, `corda_config` and `lora_ga_config` say, and
  /// lie in the file; those of them that also changed the base are refused by `init_lora_weights`. PEFT
  /// itself sets `fan_in_fan_out` to false for linear layers.
  static let neutral: Set = [
    "peft_version", "revision", "inference_mode", "runtime_config", "megatron_core",
    "qalora_group_size", "eva_config", "loftq_config", "corda_config", "lora_ga_config",
    "fan_in_fan_out", "ensure_weight_tying",
  ]

  /// Fields that change what is computed in ways that are not built, with the values at which they do not;
  /// `null` does not anywhere.
  static let refused: [(field: String, neutral: [JSON], meaning: String)] = [
    ("bias", ["none"], "trained biases of the base are not built"),
    ("lora_bias", [false], "a bias of B is not built"),
    ("modules_to_save", [[]], "whole modules beside the factors are not built"),
    ("target_parameters", [[]], "adapters of bare parameters are not built"),
    ("layer_replication", [[]], "repeated layers are not built"),
    ("megatron_config", [], "Megatron's parallel layers are not built"),
    ("use_qalora", [false], "QALoRA's pooled inputs are not built"),
    ("alora_invocation_tokens", [[]], "activated LoRA is not built"),
    ("use_bdlora", [false], "block-diagonal factors are not built"),
    ("arrow_config", [], "routing between adapters is not built"),
    ("kasa_config", [], "KaSA's singular values are not built"),
    ("velora_config", [], "VeLoRA's projections are not built"),
    ("monteclora_config", [], "MonteCLoRA's sampling is not built"),
  ]

  /// Ways to start an adapter that also change the base model's weights.
  static let changesBase = ["pissa", "olora", "corda", "loftq", "lora_ga"]

  static var known: [String] { honoured.sorted() + neutral.sorted() + refused.map(\.field) }

  /// Throws for the first field that would be passed over although it may matter.
  ///
  /// An unknown field that is null, false or empty is one that another version added and that is not used.
  static func check(_ json: JSONObject, path: String) throws {
    for (field, neutral, meaning) in refused {
      guard let value = json[field], !value.isNull, !neutral.contains(value) else { continue }
      throw ModelFileError(
        path,
        .adapterUnsupported(field: field, value: value.serialized(), reason: meaning))
    }
    let unused: [JSON] = [.null, false, [], JSON(JSONObject())]
    let known = Set(known)
    for (field, value) in json where !known.contains(field) && !unused.contains(value) {
      throw ModelFileError(
        path,
        .adapterUnknown(field: field, nearest: NearestName.of(field, among: Self.known)))
    }
    if let method = json["init_lora_weights"]?.string?.lowercased(),
      changesBase.contains(where: method.hasPrefix)
    {
      throw ModelFileError(
        path,
        .adapterUnsupported(
          field: "init_lora_weights", value: "\"\(method)\"",
          reason: "such an adapter fits a changed base model only"))
    }
    try checkTask(json, path: path)
  }

  /// Throws unless the adapter is of a causal language model; PEFT names its class where no task is set.
  private static func checkTask(_ json: JSONObject, path: String) throws {
    func unsupported(_ field: String, _ reason: String) -> ModelFileError {
      let found = json[field]?.serialized() ?? "absent"
      return ModelFileError(path, .adapterUnsupported(field: field, value: found, reason: reason))
    }
    guard json["peft_type"]?.string == "LORA" else {
      throw unsupported("peft_type", "adapters that are read are LORA")
    }
    if let task = json["task_type"], !task.isNull, task.string != "CAUSAL_LM" {
      throw unsupported("task_type", "adapters that are read are for CAUSAL_LM")
    }
    if let mapping = json["auto_mapping"], !mapping.isNull,
      mapping["base_model_class"]?.string?.hasSuffix("ForCausalLM") != true
    {
      throw unsupported("auto_mapping", "adapters that are read are of a causal language model")
    }
  }
}
