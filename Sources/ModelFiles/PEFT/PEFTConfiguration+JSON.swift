package import SafeIO

extension PEFTConfiguration {
  private static let ranks = 1...16_384

  /// Reads an `adapter_config.json`.
  ///
  /// - Parameters:
  ///   - json: The whole file.
  ///   - path: The file, for messages.
  /// - Throws: `ModelFileError` that names the field.
  package init(parsing json: JSON, path: String = "adapter_config.json") throws {
    let reader = try ConfigurationReader(json, path: path)
    func invalid(_ field: String, _ value: String, _ rule: String) -> ModelFileError {
      ModelFileError(path, .adapterField(field: field, value: value, rule: rule))
    }
    try PEFTFields.check(reader.json, path: path)
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
    guard let targets = try Self.selection("target_modules", reader) else {
      throw ModelFileError(path, .configMissing(field: "target_modules"))
    }
    self.init(
      rank: rank, alpha: alpha, dropout: dropout, targets: targets,
      excluded: try Self.selection("exclude_modules", reader),
      baseModelName: try reader.string("base_model_name_or_path"),
      usesRSLoRA: try reader.bool("use_rslora") ?? false,
      usesDoRA: try reader.bool("use_dora") ?? false,
      rankPattern: try Self.settings("rank_pattern", reader) { value in
        value.int.flatMap { Self.ranks.contains($0) ? $0 : nil }
      },
      alphaPattern: try Self.settings("alpha_pattern", reader) { value in
        value.double.flatMap { $0 != 0 && abs($0) <= 1e6 ? $0 : nil }
      }, layersToTransform: try reader.ints("layers_to_transform"),
      layersPattern: try Self.texts("layers_pattern", reader).map {
        try Self.expression($0, "layers_pattern", path)
      }, trainableTokens: try Self.tokens(reader))
    listsTokensPlainly = reader.value("trainable_token_indices")?.object == nil
    if case .expression = targets, layersToTransform != nil {
      throw invalid("layers_to_transform", "set", "nothing where target_modules is an expression")
    }
  }

  private static func expression(_ text: String, _ field: String, _ path: String) throws
    -> ModulePattern
  {
    do {
      return try ModulePattern(text)
    } catch {
      throw ModelFileError(
        path, .adapterPattern(field: field, pattern: text, reason: error.reason))
    }
  }

  /// A string is a regular expression for PEFT, a list holds names.
  private static func selection(_ field: String, _ reader: ConfigurationReader) throws
    -> ModuleSelection?
  {
    guard let value = reader.value(field) else { return nil }
    if let text = value.string {
      if text == "all-linear" { return .allLinear }
      return .expression(try expression(text, field, reader.path))
    }
    let names = try texts(field, reader)
    if names.isEmpty {
      if field == "exclude_modules" { return nil }
      throw ModelFileError(
        reader.path,
        .adapterField(
          field: field, value: value.serialized(), rule: "a list of module names"))
    }
    for name in names { try checkName(name, field, reader.path) }
    return .names(names)
  }

  /// One text, or a list of them.
  private static func texts(_ field: String, _ reader: ConfigurationReader) throws -> [String] {
    guard let value = reader.value(field) else { return [] }
    if let text = value.string { return text.isEmpty ? [] : [text] }
    guard let entries = value.array else {
      throw ModelFileError(
        reader.path,
        .configType(
          field: field, expected: "a string or a list of strings", found: value.typeName,
          at: value.position))
    }
    return try entries.map { entry in
      guard let text = entry.string else {
        throw ModelFileError(
          reader.path,
          .configType(
            field: field, expected: "a string", found: entry.typeName, at: entry.position))
      }
      return text
    }
  }

  private static func settings<Value>(
    _ field: String, _ reader: ConfigurationReader, _ convert: (JSON) -> Value?
  ) throws -> [PatternSetting<Value>] {
    guard let value = reader.value(field) else { return [] }
    guard let object = value.object else {
      throw ModelFileError(
        reader.path,
        .configType(
          field: field, expected: "an object", found: value.typeName, at: value.position))
    }
    return try object.map { name, value in
      guard let number = convert(value) else {
        throw ModelFileError(
          reader.path,
          .adapterField(
            field: "\(field).\(name)", value: value.serialized(), rule: "a number in range"))
      }
      return PatternSetting(try expression(name, field, reader.path), number)
    }
  }

  /// A list is of rows of the embedding; an object names the table.
  private static func tokens(_ reader: ConfigurationReader) throws -> [TokenSelection] {
    let field = "trainable_token_indices"
    guard let value = reader.value(field) else { return [] }
    func ids(_ value: JSON) throws -> [Int] {
      let ids = value.array?.compactMap(\.int) ?? []
      guard let count = value.array?.count, ids.count == count, Set(ids).count == count,
        ids.allSatisfy({ (0..<Int(Int32.max)).contains($0) })
      else {
        throw ModelFileError(
          reader.path,
          .adapterField(
            field: field, value: value.serialized(), rule: "a list of token ids, each once"))
      }
      return ids
    }
    guard let tables = value.object else {
      let list = try ids(value)
      return list.isEmpty ? [] : [TokenSelection(module: "embed_tokens", ids: list)]
    }
    return try tables.compactMap { name, value in
      let module = name.split(separator: ".").last.map(String.init) ?? name
      guard ["embed_tokens", "lm_head"].contains(module) else {
        throw ModelFileError(
          reader.path,
          .adapterField(field: field, value: name, rule: "embed_tokens or lm_head"))
      }
      let list = try ids(value)
      return list.isEmpty ? nil : TokenSelection(module: module, ids: list)
    }
  }

  private static func checkName(_ name: String, _ field: String, _ path: String) throws {
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard allowed, !name.isEmpty, name.utf8.count <= 256 else {
      throw ModelFileError(
        path,
        .adapterPattern(
          field: field, pattern: name, reason: "PEFT takes what stands in a list for a name"))
    }
  }

}
