import TensorCore

extension Variable {
  /// Matrix products over the leading dimension: `x · w`, or `x · wᵀ` when `transposingOther`.
  ///
  /// - Parameters:
  ///   - other: `[batch, k, n]`, or `[batch, n, k]` when `transposingOther`.
  ///   - transposingOther: Whether `other` holds its matrices transposed.
  /// - Returns: `[batch, m, n]`, for `self` of shape `[batch, m, k]`.
  public func batchedMatmul(_ other: Variable, transposingOther: Bool = false) -> Variable {
    .recorded(
      "batchedMatmul", value.batchedMatmul(other.value, transposingOther: transposingOther),
      Operand(self) { [w = other.value] in
        $0.batchedMatmul(w, transposingOther: !transposingOther)
      },
      Operand(other) { [x = value] in
        transposingOther
          ? $0.batchedMatmul(x, transposingSelf: true)
          : x.batchedMatmul($0, transposingSelf: true)
      })
  }
}
