import ModelFiles
import TensorCore

extension LoRAConfiguration {
  /// What `adapter_config.json` says of an adapter of this kind in a model.
  ///
  /// - Throws: `AdapterError` where a name, an expression or a number does not fit the model.
  func peft(in seat: AdapterSeat) throws -> PEFTConfiguration {
    var targets = try selection(seat)
    var layers: [Int]?
    if let lastLayers {
      let count = seat.layerCount
      guard (1...max(count, 1)).contains(lastLayers) else {
        throw AdapterError.setting("\(lastLayers) layers", rule: "from 1 to \(count)")
      }
      if case .expression(let pattern) = targets {
        throw AdapterError.setting(
          "the last \(lastLayers) layers of '\(pattern.source)'",
          rule: "names where layers are chosen by number")
      }
      // PEFT refuses `all-linear` together with numbers of layers.
      if targets == .allLinear { targets = .names(seat.names) }
      layers = Array(count - lastLayers..<count)
    }
    let result = PEFTConfiguration(
      rank: rank, alpha: alpha, dropout: dropout, targets: targets, usesRSLoRA: usesRSLoRA,
      usesDoRA: usesDoRA,
      rankPattern: try rankPattern.map {
        PatternSetting(try Self.expression($0.pattern), $0.value)
      },
      alphaPattern: try alphaPattern.map {
        PatternSetting(try Self.expression($0.pattern), $0.value)
      }, layersToTransform: layers, trainableTokens: tokens(seat))
    try check(result, seat)
    return result
  }

  private static func expression(_ text: String) throws -> ModulePattern {
    do {
      return try ModulePattern(text)
    } catch {
      throw AdapterError.pattern(text, reason: error.reason)
    }
  }

  private func selection(_ seat: AdapterSeat) throws -> ModuleSelection {
    if targets == ["all-linear"] { return .allLinear }
    let isName = { (text: String) in
      !text.isEmpty
        && text.unicodeScalars.allSatisfy {
          $0.isASCII
            && ($0.properties.isAlphabetic || $0.properties.numericType != nil
              || "_-.".unicodeScalars.contains($0))
        }
    }
    if targets.count == 1, !isName(targets[0]) {
      return .expression(try Self.expression(targets[0]))
    }
    if let other = targets.first(where: { !isName($0) || $0 == "all-linear" }) {
      throw AdapterError.pattern(other, reason: "an expression or all-linear stands alone")
    }
    return .names(targets)
  }

  /// Rows of the embedding; with an output layer of its own, of that too: else no new token is ever said.
  private func tokens(_ seat: AdapterSeat) -> [TokenSelection] {
    if trainedTokens.isEmpty { return [] }
    return seat.tables.map { table in
      TokenSelection(
        module: table.path.split(separator: ".").last.map(String.init) ?? table.path,
        ids: trainedTokens)
    }
  }

  /// Throws for a name or an expression that nothing answers to.
  private func check(_ description: PEFTConfiguration, _ seat: AdapterSeat) throws {
    let paths = seat.projections.map(\.path)
    let unknown: [String] =
      switch description.targets {
      case .allLinear: []
      case .names(let names):
        names.filter { name in !paths.contains { ModuleSelection.names([name]).contains($0) } }
      case .expression(let pattern):
        paths.contains(where: pattern.matches) ? [] : [pattern.source]
      }
    guard unknown.isEmpty else {
      throw AdapterError.unknownTargets(unknown, available: seat.names)
    }
    let adapted = paths.filter(description.adapts)
    let patterns = description.rankPattern.map(\.pattern) + description.alphaPattern.map(\.pattern)
    let idle = patterns.filter { !adapted.contains(where: $0.matchesLastParts) }.map(\.source)
    guard idle.isEmpty else {
      throw AdapterError.unknownTargets(idle, available: seat.names)
    }
    guard !trainedTokens.isEmpty else { return }
    guard let rows = seat.tables.first?.shape[0] else {
      throw AdapterError.setting("trained tokens", rule: "none: this model has no table for them")
    }
    if let token = trainedTokens.first(where: { !(0..<rows).contains($0) }) {
      throw AdapterError.setting("token \(token)", rule: "from 0 to \(rows - 1)")
    }
    guard Set(trainedTokens).count == trainedTokens.count else {
      throw AdapterError.setting("trained tokens \(trainedTokens)", rule: "each once")
    }
  }
}
