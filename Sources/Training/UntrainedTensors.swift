import TensorCore

/// Which trained tensors no gradient has reached: an adapter beside the path of the loss would never learn, and
/// nothing else would show it.
struct UntrainedTensors {
  private let names: [String]
  /// Places in `names`.
  private var missing: [Int]
  /// Whether a step has changed the weights: before, a new adapter's `b` of zeros hides its `a`.
  private var hasMoved = false
  private var isDone = false

  /// - Parameters:
  ///   - names: What is trained.
  ///   - isExempt: Of a name, whether rows decide if a gradient reaches it.
  init(_ names: [String], except isExempt: (String) -> Bool = { _ in false }) {
    self.names = names
    missing = names.indices.filter { !isExempt(names[$0]) }
  }

  /// Notes the gradients of a step; throws at the first one after a step that moved something.
  ///
  /// - Parameters:
  ///   - gradients: One of each tensor, nil where there is none.
  ///   - rate: The learning rate of the step.
  ///   - step: Its number, from 1.
  ///   - longest: Tokens of its longest row. Where a single token is seen, no attention is needed, and queries and
  ///     keys learn nothing for good reason.
  /// - Throws: `TrainingError.noGradient`.
  mutating func requireNone(
    _ gradients: [Tensor<Float>?], rate: Double, step: Int, longest: Int
  ) throws(TrainingError) {
    if isDone || longest < 3 { return }
    missing.removeAll { gradients[$0]?.hasNonZero ?? false }
    guard hasMoved || missing.isEmpty else {
      hasMoved = rate > 0
      return
    }
    isDone = true
    guard missing.isEmpty else {
      throw .noGradient(step: step, tensors: missing.map { names[$0] }, of: names.count)
    }
  }
}

extension Tensor<Float> {
  fileprivate var hasNonZero: Bool {
    withUnsafePointer { UnsafeBufferPointer(start: $0, count: count).contains { $0 != 0 } }
  }
}
