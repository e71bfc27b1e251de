/// What an adapter's `adapter_config.json` says.
package struct PEFTConfiguration: Sendable, Equatable {
  package var rank: Int
  package var alpha: Double
  package var dropout: Double
  package var targets: ModuleSelection
  /// Modules that are not adapted although `targets` names them.
  package var excluded: ModuleSelection?
  package var baseModelName: String?
  /// Scale by `alpha / √rank` instead of `alpha / rank`.
  package var usesRSLoRA: Bool
  /// Weights are split into magnitude and direction.
  ///
  /// Liu et al. 2024.
  package var usesDoRA: Bool
  /// Ranks of single modules, in the order of the file: the first that matches counts.
  package var rankPattern: [PatternSetting<Int>]
  package var alphaPattern: [PatternSetting<Double>]
  /// Numbers of the layers that are adapted; nil for all.
  package var layersToTransform: [Int]?
  /// What comes before the number of a layer in a module's path, `layers`; empty for anything.
  package var layersPattern: [ModulePattern]
  /// Token rows that are trained.
  package var trainableTokens: [TokenSelection]
  /// Whether `trainableTokens` was a plain list, which means the embedding's rows.
  package var listsTokensPlainly: Bool

  package init(
    rank: Int, alpha: Double, dropout: Double = 0, targets: ModuleSelection,
    excluded: ModuleSelection? = nil, baseModelName: String? = nil, usesRSLoRA: Bool = false,
    usesDoRA: Bool = false, rankPattern: [PatternSetting<Int>] = [],
    alphaPattern: [PatternSetting<Double>] = [], layersToTransform: [Int]? = nil,
    layersPattern: [ModulePattern] = [], trainableTokens: [TokenSelection] = []
  ) {
    (self.rank, self.alpha, self.dropout) = (rank, alpha, dropout)
    (self.targets, self.excluded, self.baseModelName) = (targets, excluded, baseModelName)
    (self.usesRSLoRA, self.usesDoRA) = (usesRSLoRA, usesDoRA)
    (self.rankPattern, self.alphaPattern) = (rankPattern, alphaPattern)
    (self.layersToTransform, self.layersPattern) = (layersToTransform, layersPattern)
    self.trainableTokens = trainableTokens
    listsTokensPlainly =
      trainableTokens.isEmpty || trainableTokens.map(\.module) == ["embed_tokens"]
  }

  /// Whether the module at `path`, such as `model.layers.3.self_attn.q_proj`, is adapted.
  package func adapts(_ path: String) -> Bool {
    if let excluded, excluded.contains(path) { return false }
    guard targets.contains(path) else { return false }
    // PEFT asks for layers where modules are listed by name; an expression names layers itself.
    if case .expression = targets { return true }
    guard let layersToTransform, !layersToTransform.isEmpty else { return true }
    return layer(of: path).map(layersToTransform.contains) ?? false
  }

  /// The number of the layer that a module is in, as PEFT finds it: the first part that is a number and has
  /// more after it, behind what `layersPattern` says.
  func layer(of path: String) -> Int? {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false)
    for (place, part) in parts.enumerated().dropLast() {
      guard !part.isEmpty, part.utf8.allSatisfy(ByteSet.digit.contains) else { continue }
      if layersPattern.isEmpty {
        if place >= 2 { return Int(part) }
      } else if place >= 1 {
        let before = parts[..<place].joined(separator: ".")
        if layersPattern.contains(where: { $0.matchesLastParts(of: before) }) { return Int(part) }
      }
    }
    return nil
  }

  /// The rank of the module at `path`: that of the first pattern that matches, or `rank`.
  package func rank(of path: String) -> Int {
    rankPattern.first { $0.pattern.matchesLastParts(of: path) }?.value ?? rank
  }

  package func alpha(of path: String) -> Double {
    alphaPattern.first { $0.pattern.matchesLastParts(of: path) }?.value ?? alpha
  }

  /// What the product of the two factors is multiplied by.
  package func scale(of path: String) -> Double {
    let rank = Double(rank(of: path))
    return alpha(of: path) / (usesRSLoRA ? rank.squareRoot() : rank)
  }

  /// What the adapter is called: LoRA, rsLoRA, DoRA, or DoRA with rsLoRA's scale.
  package var methodName: String {
    switch (usesDoRA, usesRSLoRA) {
    case (false, false): "LoRA"
    case (false, true): "rsLoRA"
    case (true, false): "DoRA"
    case (true, true): "DoRA with rsLoRA's scale"
    }
  }
}
