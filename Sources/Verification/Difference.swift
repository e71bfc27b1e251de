import TensorCore

/// How far results are from each other.
enum Difference {
  /// max|a − b| / max|b|; not a number where the shapes differ or `a` is not finite.
  static func largest(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Double {
    guard a.shape == b.shape, a.isFinite, b.isFinite else { return .nan }
    var (worst, largest): (Float, Float) = (0, 0)
    for (x, y) in zip(a.scalars, b.scalars) {
      worst = max(worst, abs(x - y))
      largest = max(largest, abs(y))
    }
    return Double(worst) / max(Double(largest), 1e-30)
  }

  /// How many numbers do not have the same bits.
  static func bits(_ a: [Tensor<Float>], _ b: [Tensor<Float>]) -> Int {
    guard a.count == b.count else { return max(a.count, b.count) }
    return zip(a, b).reduce(0) { sum, pair in
      guard pair.0.shape == pair.1.shape else { return sum + max(pair.0.count, pair.1.count) }
      return sum
        + zip(pair.0.scalars, pair.1.scalars).count { $0.bitPattern != $1.bitPattern }
    }
  }

  /// The largest ‖a − b‖ / ‖b‖ of a pair, and which it is.
  ///
  /// A tensor that is small beside the others is compared with a thousandth of all of them: its own
  /// rounding is no error.
  static func gradients(_ a: [Tensor<Float>], _ b: [Tensor<Float>]) -> (error: Double, index: Int) {
    guard a.count == b.count, !a.isEmpty else { return (.nan, 0) }
    let least = norm(b) / 1000
    var worst = (error: 0.0, index: 0)
    for (index, (x, y)) in zip(a, b).enumerated() {
      guard x.shape == y.shape, x.isFinite else { return (.nan, index) }
      let error = norm([x - y]) / max(norm([y]), least, 1e-30)
      if !(error <= worst.error) { worst = (error, index) }
    }
    return worst
  }

  /// The norm of all tensors together.
  static func norm(_ tensors: [Tensor<Float>]) -> Double {
    tensors.reduce(0) { $0 + Double($1.sumOfSquares()) }.squareRoot()
  }
}
