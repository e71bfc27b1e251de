import TensorCore

extension Variable {
  /// A linear layer with a low-rank update, `y = x wᵀ + s (x aᵀ) bᵀ`.
  ///
  /// Equation 3 of Hu et al. 2021. Both products go into one result and both gradients of `x` into one tensor, without sums in
  /// between. `∂L/∂x = ∂L/∂y w + s (∂L/∂y b) a`, `∂L/∂b = s (∂L/∂y)ᵀ (x aᵀ)`,
  /// `∂L/∂a = s (∂L/∂y b)ᵀ x`, `∂L/∂w = (∂L/∂y)ᵀ x`.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[n, k]`, usually a constant.
  ///   - down: `a`, `[r, k]`.
  ///   - up: `b`, `[n, r]`.
  ///   - scale: `s`, α/r.
  ///   - adapted: What the update sees instead of `x`: `x` after dropout.
  /// - Returns: `[m, n]`, for `self` of shape `[m, k]`.
  public func loraLinear(
    weight: Variable, down: Variable, up: Variable, scale: Scalar, adapted: Variable? = nil
  ) -> Variable {
    var y = value.matmul(weight.value, transposingOther: true)
    let update = (adapted ?? self).addLowRankUpdate(down: down, up: up, scale: scale, into: &y)
    return .recorded(
      "loraLinear", y,
      [
        Operand(
          self,
          accumulating: { [w = weight.value] in $1.accumulateProduct($0, w) }),
        Operand(
          weight,
          accumulating: { [x = value] in $1.accumulateProduct($0, x, transposingA: true) }),
      ] + update)
  }

  /// Adds `s (x aᵀ) bᵀ` to `y`, for `x` this variable.
  ///
  /// - Returns: The operands through which the gradients of `b`, and of `x` and `a` through `x aᵀ`, flow.
  func addLowRankUpdate(
    down: Variable, up: Variable, scale: Scalar, into y: inout Tensor<Scalar>
  ) -> [Operand<Scalar>] {
    let compressed = matmulTransposed(down)
    y.addProduct(compressed.value, up.value, transposingB: true, factor: scale)
    return [
      Operand(
        compressed,
        accumulating: { [b = up.value] in $1.accumulateProduct($0, b, factor: scale) }),
      Operand(
        up,
        accumulating: { [u = compressed.value] in
          $1.accumulateProduct($0, u, transposingA: true, factor: scale)
        }),
    ]
  }
}
