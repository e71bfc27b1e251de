package import SafeIO

extension TransformerConfiguration {
  /// Reads a `config.json`.
  ///
  /// Absent fields have the values that transformers gives them for the model type.
  ///
  /// - Parameters:
  ///   - json: The whole file.
  ///   - path: The file, for messages.
  /// - Throws: `ModelFileError` that names the field.
  package init(parsing json: JSON, path: String = "config.json") throws {
    let reader = try ConfigurationReader(json, path: path)
    guard let type = try reader.string("model_type") else {
      throw ModelFileError(path, .configMissing(field: "model_type"))
    }
    guard ConfigurationFields.classes[type] != nil else {
      throw reader.unsupported("model_type", "models that run are llama, mistral, qwen2 and qwen3")
    }
    try ConfigurationFields.check(reader, type: type)
    if try reader.bool("attention_bias") ?? false {
      throw reader.unsupported("attention_bias", "biases of all four projections are not built")
    }
    if type != "llama", try reader.bool("mlp_bias") ?? false {
      throw reader.unsupported("mlp_bias", "models of type \(type) have none")
    }

    let hidden = try reader.requiredInt("hidden_size")
    let heads = try reader.requiredInt("num_attention_heads")
    let rope = try RoPEFields(reader)
    let isQwen = type == "qwen2" || type == "qwen3"
    self.init(
      modelType: type,
      vocabularySize: try reader.requiredInt("vocab_size"),
      hiddenSize: hidden,
      intermediateSize: try reader.requiredInt("intermediate_size"),
      layerCount: try reader.requiredInt("num_hidden_layers"),
      headCount: heads,
      keyValueHeadCount: try reader.int("num_key_value_heads")
        ?? (type == "mistral"
          ? 8 : isQwen && reader.json["num_key_value_heads"] == nil ? 32 : heads),
      headDimension: try reader.int("head_dim") ?? (type == "qwen3" ? 128 : nil),
      normEpsilon: try reader.double("rms_norm_eps") ?? 1e-6,
      ropeTheta: rope.theta,
      ropeScaling: rope.scaling,
      maxPositions: try reader.int("max_position_embeddings")
        ?? (isQwen ? 32_768 : type == "mistral" ? 131_072 : 2048),
      tiesEmbeddings: try reader.bool("tie_word_embeddings") ?? false,
      attentionBias: type == "qwen2",
      mlpBias: try reader.bool("mlp_bias") ?? false,
      queryKeyNorm: type == "qwen3",
      slidingWindow: try Self.slidingWindow(reader, type: type),
      // Old checkpoints write -1 for "none".
      bosTokenID: try reader.int("bos_token_id").flatMap { $0 == -1 ? nil : $0 },
      eosTokenIDs: try (reader.ints("eos_token_id") ?? []).filter { $0 != -1 },
      padTokenID: try reader.int("pad_token_id").flatMap { $0 == -1 ? nil : $0 })
    if headCount > 0, reader.value("head_dim") == nil, type != "qwen3", hidden % headCount != 0 {
      throw ModelFileError(
        path,
        .configValue(
          field: "hidden_size", value: "\(hidden)",
          rule: "a multiple of the \(headCount) heads where head_dim is absent"))
    }
    if let violation {
      throw ModelFileError(
        path,
        .configValue(
          field: violation.field.rawValue, value: violation.value, rule: violation.rule))
    }
  }

  /// The window that all layers have; models that mix windows are refused.
  private static func slidingWindow(_ reader: ConfigurationReader, type: String) throws -> Int? {
    let layers = try reader.requiredInt("num_hidden_layers")
    let window =
      try reader.int("sliding_window") ?? (reader.json["sliding_window"] == nil ? 4096 : nil)
    let types = reader.value("layer_types")?.array?.map { $0.string ?? "" }
    switch type {
    case "llama":
      guard reader.value("sliding_window") == nil else {
        throw reader.unsupported("sliding_window", "models of type llama have none")
      }
      guard types?.allSatisfy({ $0 == "full_attention" }) ?? true else {
        throw reader.unsupported("layer_types", "models of type llama have full attention")
      }
      return nil
    case "mistral":
      guard types?.allSatisfy({ $0 == "sliding_attention" }) ?? true || window == nil else {
        throw reader.unsupported("layer_types", "layers with different windows are not built")
      }
      return window
    default:
      guard try reader.bool("use_sliding_window") ?? false, let window else {
        guard types?.allSatisfy({ $0 == "full_attention" }) ?? true else {
          throw reader.unsupported("layer_types", "layers with different windows are not built")
        }
        return nil
      }
      let full: Int
      if let types {
        full = types.count { $0 != "sliding_attention" }
      } else {
        full = min(max(try reader.int("max_window_layers") ?? 28, 0), max(layers, 0))
      }
      guard full == 0 || full == (types?.count ?? layers) else {
        throw reader.unsupported(
          "use_sliding_window", "layers with different windows are not built")
      }
      return full == 0 ? window : nil
    }
  }
}

/// Rotary embedding, in the form of transformers 5 or in the older one.
private struct RoPEFields: Equatable {
  var theta: Double
  var scaling: RoPEScaling?

  init(_ reader: ConfigurationReader) throws {
    let older = try Self(reader, field: "rope_scaling")
    let newer = try Self(reader, field: "rope_parameters")
    if reader.value("rope_scaling") != nil, reader.value("rope_parameters") != nil, older != newer {
      throw reader.unsupported("rope_parameters", "rope_scaling says something else")
    }
    self = reader.value("rope_scaling") != nil ? older : newer
  }

  private init(_ reader: ConfigurationReader, field: String) throws {
    theta = try reader.double("rope_theta") ?? 10_000
    guard let value = reader.value(field) else { return }
    let rope = try ConfigurationReader(value, path: reader.path, field: field)
    theta = try rope.double("rope_theta") ?? theta
    if let factor = try rope.double("partial_rotary_factor"), factor != 1 {
      throw reader.unsupported(field, "rotating a part of each head is not built")
    }
    let known: Set = ["rope_theta", "rope_type", "type", "partial_rotary_factor"]
    switch try rope.string("rope_type") ?? rope.string("type") ?? "default" {
    case "default":
      try rope.refuseUnknown(known, prefix: "\(field).")
    case "llama3":
      try rope.refuseUnknown(
        known.union([
          "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings",
        ]), prefix: "\(field).")
      func required(_ name: String) throws -> Double {
        guard let number = try rope.double(name) else {
          throw ModelFileError(reader.path, .configMissing(field: "\(field).\(name)"))
        }
        return number
      }
      scaling = RoPEScaling(
        factor: try required("factor"),
        lowFrequencyFactor: try required("low_freq_factor"),
        highFrequencyFactor: try required("high_freq_factor"),
        originalMaxPositions: try rope.int("original_max_position_embeddings")
          ?? reader.int("max_position_embeddings") ?? 2048)
    default:
      throw reader.unsupported(field, "rope types that run are default and llama3")
    }
  }
}

extension TransformerConfiguration {
  /// A `config.json` that transformers 4 and 5 load as this model.
  package func json() -> JSON {
    var json = JSONObject()
    json["architectures"] = JSON([ConfigurationFields.classes[modelType] ?? "LlamaForCausalLM"])
    json["model_type"] = JSON(modelType)
    json["vocab_size"] = JSON(vocabularySize)
    json["hidden_size"] = JSON(hiddenSize)
    json["intermediate_size"] = JSON(intermediateSize)
    json["num_hidden_layers"] = JSON(layerCount)
    json["num_attention_heads"] = JSON(headCount)
    json["num_key_value_heads"] = JSON(keyValueHeadCount)
    json["head_dim"] = JSON(headDimension)
    json["hidden_act"] = "silu"
    json["rms_norm_eps"] = JSON(normEpsilon)
    json["max_position_embeddings"] = JSON(maxPositions)
    json["rope_theta"] = JSON(ropeTheta)
    json["rope_scaling"] =
      ropeScaling.map { scaling in
        [
          "rope_type": "llama3", "factor": JSON(scaling.factor),
          "low_freq_factor": JSON(scaling.lowFrequencyFactor),
          "high_freq_factor": JSON(scaling.highFrequencyFactor),
          "original_max_position_embeddings": JSON(scaling.originalMaxPositions),
        ]
      } ?? JSON.null
    json["tie_word_embeddings"] = JSON(tiesEmbeddings)
    if modelType == "llama" {
      json["attention_bias"] = false
      json["mlp_bias"] = JSON(mlpBias)
    }
    if modelType == "qwen3" { json["attention_bias"] = false }
    if modelType != "llama" {
      json["sliding_window"] = slidingWindow.map { JSON($0) } ?? JSON.null
    }
    if modelType.hasPrefix("qwen") {
      json["use_sliding_window"] = JSON(slidingWindow != nil)
      json["max_window_layers"] = JSON(slidingWindow == nil ? layerCount : 0)
    }
    json["attention_dropout"] = 0.0
    json["bos_token_id"] = bosTokenID.map { JSON($0) } ?? JSON.null
    json["eos_token_id"] =
      eosTokenIDs.count == 1
      ? JSON(eosTokenIDs[0]) : eosTokenIDs.isEmpty ? JSON.null : JSON(eosTokenIDs)
    json["pad_token_id"] = padTokenID.map { JSON($0) } ?? JSON.null
    json["dtype"] = "float32"
    json["torch_dtype"] = "float32"
    json["use_cache"] = true
    return JSON(json)
  }
}
