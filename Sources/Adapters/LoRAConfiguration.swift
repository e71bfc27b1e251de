/// What a low-rank adapter looks like.
///
/// Hu et al. 2021.
public struct LoRAConfiguration: Sendable, Equatable {
  /// How the factors begin.
  public enum Initialization: String, Sendable, CaseIterable {
    /// A uniform in ±1/√inputs, B zero: PEFT's default.
    case kaiming
    /// A normal with deviation 1/r, B zero.
    case gaussian
    /// The largest singular values of the weight, which leave the base (Meng et al. 2024).
    ///
    /// A saved adapter is converted to one of twice the rank for the base as it was, as PEFT does.
    case pissa
  }

  /// r, the rank of the update.
  public var rank: Int
  /// α; the update is scaled by α/r.
  public var alpha: Double
  /// The probability with which an element of the update's input is dropped in training.
  public var dropout: Double
  /// Names of the projections to adapt, such as `q_proj`; `all-linear` means all seven of a block.
  ///
  /// One that is no name is a regular expression for whole paths, as in PEFT.
  public var targets: [String]
  /// Whether the update is scaled by α/√r (Kalajdzievski 2023).
  public var usesRSLoRA = false
  /// Whether each projection also learns the norms of its rows.
  ///
  /// DoRA, Liu et al. 2024.
  public var usesDoRA = false
  /// Other ranks for some modules: the first expression that matches a path or its last parts counts.
  public var rankPattern: [ModuleSetting<Int>] = []
  /// Other α for some modules.
  public var alphaPattern: [ModuleSetting<Double>] = []
  /// How many of the last layers are adapted; nil for all.
  public var lastLayers: Int?
  /// How the factors begin.
  public var initialization = Initialization.kaiming
  /// Tokens whose rows of the embedding are trained, and with them those of the output layer.
  public var trainedTokens: [Int] = []

  /// An adapter's description.
  public init(
    rank: Int = 16, alpha: Double = 32, dropout: Double = 0, targets: [String] = ["all-linear"]
  ) {
    (self.rank, self.alpha, self.dropout, self.targets) = (rank, alpha, dropout, targets)
  }
}

/// What is set for the modules that a regular expression names.
public struct ModuleSetting<Value: Sendable & Equatable>: Sendable, Equatable {
  /// An expression for the path of a module or its last parts, such as `q_proj` or `layers\.0\..*`.
  public var pattern: String
  /// What holds for them.
  public var value: Value

  /// A setting.
  public init(_ pattern: String, _ value: Value) { (self.pattern, self.value) = (pattern, value) }
}
