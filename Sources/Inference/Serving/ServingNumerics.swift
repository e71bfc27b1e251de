/// What weights are multiplied in.
///
/// In both, a row's result depends on its tokens, positions, adapter and weights only: not on what else is
/// computed in the same step, how a prompt is cut, or how many threads there are.
public enum ServingNumerics: String, Sendable, CaseIterable {
  /// Every weight as f32, one fixed order of summation: for evaluation.
  case exact
  /// Integer dot products on quantised blocks of 32, keys and values in f16.
  case fast
}
