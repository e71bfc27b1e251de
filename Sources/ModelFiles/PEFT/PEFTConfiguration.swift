/// What an adapter's `adapter_config.json` says.
package struct PEFTConfiguration: Sendable, Equatable {
  package var rank: Int
  package var alpha: Double
  package var dropout: Double
  /// Names of modules, matched against the last parts of a module's path.
  ///
  /// `*` stands for any text.
  /// `["all-linear"]` is every linear layer but the output.
  package var targetModules: [String]
  package var baseModelName: String?
  /// Scale by `alpha / √rank` instead of `alpha / rank`.
  package var usesRSLoRA: Bool
  package var usesDoRA: Bool
  /// Ranks of single modules, by the last parts of their paths, in the order of the file.
  package var rankPattern: [(module: String, rank: Int)]
  package var alphaPattern: [(module: String, alpha: Double)]
  /// Numbers of the layers that are adapted; nil for all.
  package var layersToTransform: [Int]?

  package init(
    rank: Int, alpha: Double, dropout: Double = 0, targetModules: [String],
    baseModelName: String? = nil, usesRSLoRA: Bool = false, usesDoRA: Bool = false,
    rankPattern: [(module: String, rank: Int)] = [],
    alphaPattern: [(module: String, alpha: Double)] = [], layersToTransform: [Int]? = nil
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targetModules = targetModules
    self.baseModelName = baseModelName
    self.usesRSLoRA = usesRSLoRA
    self.usesDoRA = usesDoRA
    self.rankPattern = rankPattern
    self.alphaPattern = alphaPattern
    self.layersToTransform = layersToTransform
  }

  package static func == (lhs: PEFTConfiguration, rhs: PEFTConfiguration) -> Bool {
    lhs.rank == rhs.rank && lhs.alpha == rhs.alpha && lhs.dropout == rhs.dropout
      && lhs.targetModules == rhs.targetModules && lhs.baseModelName == rhs.baseModelName
      && lhs.usesRSLoRA == rhs.usesRSLoRA && lhs.usesDoRA == rhs.usesDoRA
      && lhs.rankPattern.elementsEqual(rhs.rankPattern, by: ==)
      && lhs.alphaPattern.elementsEqual(rhs.alphaPattern, by: ==)
      && lhs.layersToTransform == rhs.layersToTransform
  }

  /// Whether the module at `path`, such as `model.layers.3.self_attn.q_proj`, is a target by name.
  package func targets(_ path: String) -> Bool {
    if targetModules == ["all-linear"] { return !Self.matches(path, "lm_head") }
    return targetModules.contains { Self.matches(path, $0) }
  }

  /// The rank of the module at `path`: the first pattern that matches, or `rank`.
  package func rank(of path: String) -> Int {
    rankPattern.first { Self.matches(path, $0.module) }?.rank ?? rank
  }

  package func alpha(of path: String) -> Double {
    alphaPattern.first { Self.matches(path, $0.module) }?.alpha ?? alpha
  }

  /// What the product of the two factors is multiplied by.
  package func scale(of path: String) -> Double {
    let rank = Double(rank(of: path))
    return alpha(of: path) / (usesRSLoRA ? rank.squareRoot() : rank)
  }

  /// Whether `name`, in which `*` stands for any text, is `path` or its last parts.
  ///
  /// Greedy with one point to go back to, so the time is at most the product of the lengths.
  static func matches(_ path: String, _ name: String) -> Bool {
    let text = Array(".\(path)".utf8)
    let pattern = Array("*.\(name)".utf8)
    let star = UInt8(ascii: "*")
    var (t, p) = (0, 0)
    var resume: (text: Int, pattern: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == star {
        p += 1
        resume = (t, p)
      } else if p < pattern.count, pattern[p] == text[t] {
        t += 1
        p += 1
      } else if let (lastText, lastPattern) = resume {
        t = lastText + 1
        p = lastPattern
        resume = (t, p)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == star }
  }
}
