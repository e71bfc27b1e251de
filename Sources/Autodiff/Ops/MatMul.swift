import TensorCore

extension Variable {
  /// The matrix product `x · w`; `∂L/∂x = ∂L/∂y · wᵀ`, `∂L/∂w = xᵀ · ∂L/∂y`.
  ///
  /// - Parameter other: `[k, n]`.
  /// - Returns: `[m, n]`, for `self` of shape `[m, k]`.
  public func matmul(_ other: Variable) -> Variable {
    .recorded(
      "matmul", value.matmul(other.value),
      Operand(self) { [w = other.value] in $0.matmul(w, transposingOther: true) },
      Operand(other) { [x = value] in x.matmul($0, transposingSelf: true) })
  }
}
