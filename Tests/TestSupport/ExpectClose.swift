package import TensorCore
package import Testing

/// The tolerances of the project, each named once.
package enum Tolerance {
  /// A fused f32 kernel against its composed twin, and one instruction set against another.
  package static let kernel = 2e-6
  /// A model against transformers' f32, on tiny models: max|a − b| / max|b|.
  package static let logits = 1e-4
  /// A gradient against PyTorch's: ‖a − b‖ / ‖b‖.
  package static let gradient = 1e-4
  /// Below this norm a reference gradient is compared absolutely, at `absoluteGradient`.
  package static let smallGradient = 1e-6
  /// See `smallGradient`.
  package static let absoluteGradient = 1e-7
}

/// Expects max|a − b| / max|b| to be at most `tolerance`; says where the worst element is.
package func expectClose<Scalar: TensorScalar>(
  _ a: [Scalar], _ b: [Scalar], within tolerance: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard a.count == b.count else {
    Issue.record(
      "\(what): \(a.count) elements, expected \(b.count)", sourceLocation: sourceLocation)
    return
  }
  let largest = Double(b.map { abs($0) }.max() ?? 0)
  var worst = (index: 0, error: 0.0)
  for index in a.indices {
    let error = abs(Double(a[index]) - Double(b[index]))
    if !(error <= worst.error) { worst = (index, error) }
  }
  let relative = worst.error / max(largest, 1e-30)
  if !(relative <= tolerance) && worst.error != 0 {
    Issue.record(
      """
      \(what): element \(worst.index) is \(a[worst.index]), expected \(b[worst.index]): \
      relative error \(relative), allowed \(tolerance)
      """, sourceLocation: sourceLocation)
  }
}
