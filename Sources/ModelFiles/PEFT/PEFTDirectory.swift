import Foundation
import SafeIO

/// An adapter as PEFT stores it: `adapter_config.json` and `adapter_model.safetensors`.
package struct PEFTDirectory: Sendable {
  /// The two factors of one adapted module, checked against each other and the configuration.
  package struct Pair: Sendable, Equatable {
    /// The module's path in the base model, such as `model.layers.0.self_attn.q_proj`.
    package var module: String
    /// The factor that comes first, `[rank, inputs]`.
    package var a: StoredTensor
    /// The factor that comes second, `[outputs, rank]`.
    package var b: StoredTensor
    /// DoRA's, `[outputs]`.
    package var magnitude: StoredTensor?
  }

  /// SHA-256 of an adapter's files.
  package struct Hashes: Sendable, Equatable {
    package var configuration: String
    package var weights: String

    package init(configuration: String, weights: String) {
      (self.configuration, self.weights) = (configuration, weights)
    }
  }

  /// The trained rows of one token table.
  package struct TokenTable: Sendable, Equatable {
    /// The table's path in the base model: `model.embed_tokens` or `lm_head`.
    package var module: String
    package var ids: [Int]
    /// `[ids.count, hidden]`.
    package var rows: StoredTensor
  }

  package let path: String
  package let configuration: PEFTConfiguration
  package let tensors: SafetensorsFile
  private let weights: InputFile
  private let configurationHash: String
  /// In the order of the tensors' bytes.
  package let pairs: [Pair]
  /// The trained rows of token tables, in the order of the configuration.
  package let tokenRows: [TokenTable]

  package static let prefix = "base_model.model."
  package static let tokenSuffix = ".token_adapter.trainable_tokens_delta"

  package init(path: String) throws {
    self.path = path
    let configurationPath = "\(path)/adapter_config.json"
    let weightsPath = "\(path)/adapter_model.safetensors"
    if access(configurationPath, F_OK) != 0 {
      throw IOFailure(configurationPath, .notFound, failureClass: .model)
    }
    let text = try InputFile.contents(of: configurationPath, maxBytes: 1 << 20)
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: text)
    } catch {
      throw ModelFileError(configurationPath, .adapterJSON(error))
    }
    configuration = try PEFTConfiguration(parsing: json, path: configurationPath)
    if access(weightsPath, F_OK) != 0 {
      if access("\(path)/adapter_model.bin", F_OK) == 0 {
        throw ModelFileError(path, .adapterPickle)
      }
      throw IOFailure(weightsPath, .notFound, failureClass: .model)
    }
    configurationHash = FileHash.sha256(of: text)
    weights = try InputFile(path: weightsPath)
    tensors = try SafetensorsFile(file: weights)
    tokenRows = try Self.tokenRows(of: tensors, configuration)
    pairs = try Self.pairs(of: tensors, configuration)
  }

  /// All tensors in memory, and SHA-256 of both files over the very bytes that are read.
  ///
  /// Meant for after their shapes were found to be a model's: the file is as large as they say.
  package func contents() throws -> (tensors: SafetensorsFile, hashes: Hashes) {
    let bytes = try weights.read(offset: 0, count: weights.size)
    let hashes = Hashes(
      configuration: configurationHash, weights: FileHash.sha256(of: bytes))
    return (try SafetensorsFile(file: InputFile(memory: bytes, path: weights.path)), hashes)
  }

  /// Where the parts of one module's adapter are.
  private struct Parts {
    var a: StoredTensor?
    var b: StoredTensor?
    var magnitude: StoredTensor?
  }

  static func pairs(of file: SafetensorsFile, _ configuration: PEFTConfiguration) throws -> [Pair] {
    func refusal(_ problem: ModelFileError.Problem) -> ModelFileError {
      ModelFileError(file.path, problem)
    }
    var order: [String] = []
    var parts: [String: Parts] = [:]
    var unexpected: [String] = []
    for tensor in file.tensors where !tensor.name.hasSuffix(tokenSuffix) {
      guard let (module, part) = split(tensor.name) else {
        unexpected.append(tensor.name)
        continue
      }
      if parts[module] == nil { order.append(module) }
      switch part {
      case .a: parts[module, default: Parts()].a = tensor
      case .b: parts[module, default: Parts()].b = tensor
      case .magnitude: parts[module, default: Parts()].magnitude = tensor
      }
    }
    if order.isEmpty, let first = unexpected.first, meaning(of: first) == nil {
      let prefix = first.split(separator: ".").prefix(3).joined(separator: ".")
      throw refusal(.adapterNoMatch(expected: file.tensors.count, prefix: prefix))
    }
    guard unexpected.isEmpty else { throw refusal(Self.problem(of: unexpected)) }
    if let module = order.first(where: { $0 == "lm_head" || $0.hasSuffix(".lm_head") }) {
      throw refusal(
        .adapterUnbuilt(
          tensor: "\(prefix)\(module).lora_A.weight", what: "an adapter of the output layer"))
    }
    var missing: [String] = []
    var pairs: [Pair] = []
    for module in order {
      let found = parts[module] ?? Parts()
      if found.a == nil { missing.append("\(prefix)\(module).lora_A.weight") }
      if found.b == nil { missing.append("\(prefix)\(module).lora_B.weight") }
      if configuration.usesDoRA != (found.magnitude != nil) {
        let name = "\(prefix)\(module).lora_magnitude_vector"
        guard configuration.usesDoRA else {
          throw refusal(.adapterUnexpected([name]))
        }
        missing.append(name)
      }
      if let a = found.a, let b = found.b {
        pairs.append(Pair(module: module, a: a, b: b, magnitude: found.magnitude))
      }
    }
    guard missing.isEmpty else { throw refusal(.adapterMissing(missing)) }
    for pair in pairs {
      if let reason = shapeProblem(pair, rank: configuration.rank(of: pair.module)) {
        throw refusal(.adapterShape(module: pair.module, reason: reason))
      }
    }
    return pairs
  }

  /// Why tensors that are no factors are refused: as what they are, where that is known.
  private static func problem(of unexpected: [String]) -> ModelFileError.Problem {
    let known = unexpected.compactMap { name in meaning(of: name).map { (name, $0) } }
    // The most telling first: whole tables also go with adapters of them.
    let telling = known.first { $0.0.contains("lora_") } ?? known.first
    return telling.map { .adapterUnbuilt(tensor: $0.0, what: $0.1) }
      ?? .adapterUnexpected(unexpected)
  }

  /// What PEFT keeps under a name beside factors, magnitudes and token rows.
  private static func meaning(of name: String) -> String? {
    guard name.hasPrefix(prefix) else { return nil }
    if name.contains(".lora_embedding_") { return "an adapter of the embedding" }
    if name.hasPrefix("\(prefix)lm_head.base_layer") { return "an adapter of the output layer" }
    if name.hasSuffix(".lora_B.bias") { return "a bias of B (lora_bias)" }
    if name.contains(".lora_") { return nil }
    if ["embed_tokens.weight", "lm_head.weight"].contains(where: name.hasSuffix) {
      return "a whole table, which PEFT saves with modules_to_save or after the vocabulary grew"
    }
    if name.hasSuffix(".bias") { return "a trained bias of the base (bias)" }
    return name.hasSuffix(".weight") ? "a whole module beside the factors (modules_to_save)" : nil
  }

  /// The rows that the configuration names; a second table that shares the first's weights has none.
  private static func tokenRows(of file: SafetensorsFile, _ configuration: PEFTConfiguration)
    throws -> [TokenTable]
  {
    var found: [String: StoredTensor] = [:]
    for tensor in file.tensors where tensor.name.hasSuffix(tokenSuffix) {
      guard tensor.name.hasPrefix(prefix) else {
        throw ModelFileError(file.path, .adapterUnexpected([tensor.name]))
      }
      found[String(tensor.name.dropFirst(prefix.count).dropLast(tokenSuffix.count))] = tensor
    }
    var tables: [TokenTable] = []
    for selection in configuration.trainableTokens {
      let module = selection.module == "embed_tokens" ? "model.embed_tokens" : selection.module
      guard let rows = found.removeValue(forKey: module) else {
        if module == "lm_head", configuration.trainableTokens.count > 1 { continue }
        throw ModelFileError(file.path, .adapterMissing(["\(prefix)\(module)\(tokenSuffix)"]))
      }
      guard rows.shape.count == 2, rows.shape[0] == selection.ids.count, rows.shape[1] > 0 else {
        throw ModelFileError(
          file.path,
          .adapterShape(
            module: module,
            reason: "its rows are \(rows.shape), expected [\(selection.ids.count), hidden]"))
      }
      tables.append(TokenTable(module: module, ids: selection.ids, rows: rows))
    }
    guard found.isEmpty else {
      throw ModelFileError(file.path, .adapterUnexpected(found.values.map(\.name).sorted()))
    }
    return tables
  }

  private enum Part { case a, b, magnitude }

  private static func split(_ name: String) -> (module: String, part: Part)? {
    guard name.hasPrefix(prefix) else { return nil }
    let endings: [(String, Part)] = [
      (".lora_A.weight", .a), (".lora_B.weight", .b), (".lora_magnitude_vector", .magnitude),
      (".lora_magnitude_vector.weight", .magnitude),
    ]
    for (ending, part) in endings where name.hasSuffix(ending) {
      let module = name.dropFirst(prefix.count).dropLast(ending.count)
      return module.isEmpty ? nil : (String(module), part)
    }
    return nil
  }

  private static func shapeProblem(_ pair: Pair, rank: Int) -> String? {
    let (a, b) = (pair.a.shape, pair.b.shape)
    guard a.count == 2, b.count == 2, a[0] == rank, b[1] == rank, !(a + b).contains(0) else {
      return "lora_A is \(a) and lora_B is \(b), expected [\(rank), inputs] and [outputs, \(rank)]"
    }
    if let magnitude = pair.magnitude, magnitude.shape != [b[0]] {
      return "the magnitude is \(magnitude.shape), expected [\(b[0])]"
    }
    return nil
  }
}
