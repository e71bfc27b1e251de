package import SafeIO

extension PEFTConfiguration {
  /// Fields that change what is computed in ways that are not built.
  ///
  /// Each with the values at which it changes nothing; `null` changes nothing anywhere.
  private static let refused: [(field: String, neutral: [JSON])] = [
    ("auto_mapping", []), ("parent_library", []), ("bias", ["none"]), ("fan_in_fan_out", [false]),
    ("modules_to_save", [[]]), ("lora_bias", [false]), ("trainable_token_indices", [[]]),
    ("layer_replication", [[]]), ("exclude_modules", [[]]), ("target_parameters", [[]]),
    ("use_qalora", [false]), ("alora_invocation_tokens", []), ("use_bdlora", [false]),
    ("arrow_config", []), ("kasa_config", []), ("velora_config", []), ("monteclora_config", []),
    ("megatron_config", []), ("layers_pattern", [[], "layers", ["layers"]]),
  ]

  /// Ways to start an adapter that also change the base model's weights.
  private static let changesBase = ["pissa", "olora", "corda", "loftq", "lora_ga"]

  private static let ranks = 1...16_384

  /// Reads an `adapter_config.json`.
  ///
  /// - Parameters:
  ///   - json: The whole file.
  ///   - path: The file, for messages.
  /// - Throws: `ModelFileError` that names the field.
  package init(parsing json: JSON, path: String = "adapter_config.json") throws {
    let reader = try ConfigurationReader(json, path: path)
    func unsupported(_ field: String, _ reason: String) -> ModelFileError {
      let found = reader.json[field]?.serialized() ?? "absent"
      return ModelFileError(
        path, .adapterUnsupported(field: field, value: found, reason: reason))
    }
    func invalid(_ field: String, _ value: String, _ rule: String) -> ModelFileError {
      ModelFileError(path, .adapterField(field: field, value: value, rule: rule))
    }
    guard try reader.string("peft_type") == "LORA" else {
      throw unsupported("peft_type", "adapters that are read are LORA")
    }
    if let task = try reader.string("task_type"), task != "CAUSAL_LM" {
      throw unsupported("task_type", "adapters that are read are for CAUSAL_LM")
    }
    for (field, neutral) in Self.refused {
      guard let value = reader.value(field), !neutral.contains(value) else { continue }
      throw unsupported(field, "this is not built")
    }
    if let method = reader.value("init_lora_weights")?.string?.lowercased(),
      Self.changesBase.contains(where: { method.hasPrefix($0) })
    {
      throw unsupported("init_lora_weights", "such an adapter fits a changed base model only")
    }

    let rank = try reader.requiredInt("r")
    guard Self.ranks.contains(rank) else {
      throw invalid("r", "\(rank)", "1…\(Self.ranks.upperBound)")
    }
    guard let alpha = try reader.double("lora_alpha") else {
      throw ModelFileError(path, .configMissing(field: "lora_alpha"))
    }
    guard alpha != 0, abs(alpha) <= 1e6 else {
      throw invalid("lora_alpha", "\(alpha)", "a number other than 0, at most 1e6")
    }
    let dropout = try reader.double("lora_dropout") ?? 0
    guard dropout >= 0, dropout < 1 else {
      throw invalid("lora_dropout", "\(dropout)", "at least 0 and below 1")
    }
    self.init(
      rank: rank, alpha: alpha, dropout: dropout,
      targetModules: try Self.targets(reader),
      baseModelName: try reader.string("base_model_name_or_path"),
      usesRSLoRA: try reader.bool("use_rslora") ?? false,
      usesDoRA: try reader.bool("use_dora") ?? false,
      rankPattern: try Self.pattern("rank_pattern", reader) { value in
        value.int.flatMap { Self.ranks.contains($0) ? $0 : nil }
      }.map { (module: $0, rank: $1) },
      alphaPattern: try Self.pattern("alpha_pattern", reader) { value in
        value.double.flatMap { $0 != 0 && abs($0) <= 1e6 ? $0 : nil }
      }.map { (module: $0, alpha: $1) },
      layersToTransform: try reader.ints("layers_to_transform"))
  }

  private static func targets(_ reader: ConfigurationReader) throws -> [String] {
    let field = "target_modules"
    guard let value = reader.value(field) else {
      throw ModelFileError(reader.path, .configMissing(field: field))
    }
    if let text = value.string {
      if text == "all-linear" { return [text] }
      // PEFT takes a string for a regular expression; `.*` is the one construct that is read.
      let name = text.replacing(".*", with: "*").replacing("\\.", with: ".")
      try checkName(name, shown: text, field, reader.path)
      return [name]
    }
    guard let names = value.array, !names.isEmpty else {
      throw ModelFileError(
        reader.path,
        .adapterField(
          field: field, value: value.serialized(), rule: "a list of module names"))
    }
    return try names.map { entry in
      guard let name = entry.string else {
        throw ModelFileError(
          reader.path,
          .configType(
            field: field, expected: "a string", found: entry.typeName, at: entry.position))
      }
      try checkName(name, shown: name, field, reader.path)
      return name
    }
  }

  private static func pattern<T>(
    _ field: String, _ reader: ConfigurationReader, _ convert: (JSON) -> T?
  ) throws -> [(String, T)] {
    guard let value = reader.value(field) else { return [] }
    guard let object = value.object else {
      throw ModelFileError(
        reader.path,
        .configType(
          field: field, expected: "an object", found: value.typeName, at: value.position))
    }
    return try object.map { name, value in
      try checkName(name, shown: name, field, reader.path)
      guard let number = convert(value) else {
        throw ModelFileError(
          reader.path,
          .adapterField(
            field: "\(field).\(name)", value: value.serialized(), rule: "a number in range"))
      }
      return (name, number)
    }
  }

  private static func checkName(
    _ name: String, shown: String, _ field: String, _ path: String
  ) throws {
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "*"):
        true
      default: false
      }
    }
    guard allowed, !name.isEmpty, name.utf8.count <= 256 else {
      throw ModelFileError(path, .adapterPattern(field: field, pattern: shown))
    }
  }

  /// An `adapter_config.json` that PEFT loads as this adapter.
  package func json() -> JSON {
    let null = JSON.null
    var ranks = JSONObject()
    for (module, rank) in rankPattern { ranks[module] = JSON(rank) }
    var alphas = JSONObject()
    for (module, alpha) in alphaPattern { alphas[module] = Self.number(alpha) }
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
      "target_modules": targetModules == ["all-linear"] ? "all-linear" : JSON(targetModules),
      "exclude_modules": null,
      "fan_in_fan_out": false,
      "bias": "none",
      "modules_to_save": null,
      "init_lora_weights": true,
      "use_rslora": JSON(usesRSLoRA),
      "use_dora": JSON(usesDoRA),
      "rank_pattern": JSON(ranks),
      "alpha_pattern": JSON(alphas),
      "layers_to_transform": layersToTransform.map { JSON($0) } ?? null,
      "layers_pattern": null,
    ]
  }

  /// Whole numbers are written as such, as PEFT declares `lora_alpha` an integer.
  private static func number(_ value: Double) -> JSON {
    Int(exactly: value).map { JSON($0) } ?? JSON(value)
  }
}
