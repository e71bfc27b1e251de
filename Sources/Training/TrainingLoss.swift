/// What a run minimises.
public enum TrainingLoss: String, Sendable, CaseIterable {
  /// Cross-entropy of the labelled tokens: supervised fine-tuning.
  case sft
  /// Direct preference optimisation of pairs against the base model.
  ///
  /// Rafailov et al. 2023.
  case dpo
  /// Odds-ratio preference optimisation of pairs, which needs no reference.
  ///
  /// Hong et al. 2024.
  case orpo

  /// Whether rows are pairs of answers.
  package var learnsFromPairs: Bool { self != .sft }
}

/// How batches are put together.
public enum Batching: String, Sendable, CaseIterable {
  /// Rows of all lengths in a random order.
  case shuffled
  /// Rows of like length: sorted within groups of fifty batches of a random order.
  case grouped
}
