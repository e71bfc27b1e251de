package import SafeIO

extension PEFTConfiguration {
  /// An `adapter_config.json` that PEFT loads as this adapter.
  package func json() -> JSON {
    let null = JSON.null
    var ranks = JSONObject()
    for setting in rankPattern { ranks[setting.pattern.source] = JSON(setting.value) }
    var alphas = JSONObject()
    for setting in alphaPattern { alphas[setting.pattern.source] = Self.number(setting.value) }
    return [
      "peft_type": "LORA",
      "task_type": "CAUSAL_LM",
      "auto_mapping": null,
      "base_model_name_or_path": baseModelName.map { JSON($0) } ?? null,
      "revision": null,
      "inference_mode": true,
      "r": JSON(rank),
      "lora_alpha": Self.number(alpha),
      "lora_dropout": JSON(dropout),
      "target_modules": targets.json,
      "exclude_modules": excluded?.json ?? null,
      "fan_in_fan_out": false,
      "bias": "none",
      "modules_to_save": null,
      "init_lora_weights": true,
      "use_rslora": JSON(usesRSLoRA),
      "use_dora": JSON(usesDoRA),
      "rank_pattern": JSON(ranks),
      "alpha_pattern": JSON(alphas),
      "layers_to_transform": layersToTransform.map { JSON($0) } ?? null,
      "layers_pattern": layersPattern.isEmpty ? null : JSON(layersPattern.map(\.source)),
      "trainable_token_indices": tokensJSON,
    ]
  }

  private var tokensJSON: JSON {
    if trainableTokens.isEmpty { return .null }
    if listsTokensPlainly, trainableTokens.count == 1, trainableTokens[0].module == "embed_tokens" {
      return JSON(trainableTokens[0].ids)
    }
    var tables = JSONObject()
    for table in trainableTokens { tables[table.module] = JSON(table.ids) }
    return JSON(tables)
  }

  /// Whole numbers are written as such, as PEFT declares `lora_alpha` an integer.
  private static func number(_ value: Double) -> JSON {
    Int(exactly: value).map { JSON($0) } ?? JSON(value)
  }
}

extension ModuleSelection {
  fileprivate var json: JSON {
    switch self {
    case .allLinear: "all-linear"
    case .names(let names): JSON(names)
    case .expression(let pattern): JSON(pattern.source)
    }
  }
}
