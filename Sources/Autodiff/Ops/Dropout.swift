import TensorCore

extension Variable {
  /// Sets each element to 0 with probability `rate` and scales the others by `1 / (1 - rate)`.
  ///
  /// Which elements fall is a function of `seed` and the element's index, so the backward pass draws
  /// the same mask instead of storing it.
  public func dropout(rate: Double, seed: UInt64) -> Variable {
    require((0..<1).contains(rate), "dropout: rate \(rate), expected 0 ≤ rate < 1")
    if rate == 0 { return self }
    return .recorded(
      "dropout", value.droppingOut(rate: rate, seed: seed),
      Operand(self) { $0.droppingOut(rate: rate, seed: seed) })
  }
}

extension Tensor {
  fileprivate func droppingOut(rate: Double, seed: UInt64) -> Tensor {
    withUnsafePointer { base in
      map { x, out, count in
        Scalar.kernels.dropout(x, out, count, seed, UInt64(x - base), 1 - rate)
      }
    }
  }
}
