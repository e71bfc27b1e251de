package import ModelFiles

/// What a low-rank adapter looks like.
///
/// Hu et al. 2021.
public struct LoRAConfiguration: Sendable, Equatable {
  /// r, the rank of the update.
  public var rank: Int
  /// α; the update is scaled by α/r.
  public var alpha: Double
  /// The probability with which an element of the update's input is dropped in training.
  public var dropout: Double
  /// Names of the projections to adapt, such as `q_proj`; `all-linear` means all seven of a block.
  public var targets: [String]

  /// An adapter's description.
  public init(
    rank: Int = 16, alpha: Double = 32, dropout: Double = 0, targets: [String] = ["all-linear"]
  ) {
    (self.rank, self.alpha, self.dropout, self.targets) = (rank, alpha, dropout, targets)
  }

  /// What PEFT's `adapter_config.json` says of it.
  package func peft(baseModelName: String?) -> PEFTConfiguration {
    PEFTConfiguration(
      rank: rank, alpha: alpha, dropout: dropout, targetModules: targets,
      baseModelName: baseModelName)
  }
}
