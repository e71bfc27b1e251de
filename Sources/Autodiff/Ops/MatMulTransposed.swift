package import TensorCore

extension Variable {
  /// The matrix product `x · wᵀ`, with `w` in the layout that linear layers store.
  ///
  /// `∂L/∂x = ∂L/∂y · w` and `∂L/∂w = (∂L/∂y)ᵀ · x`.
  ///
  /// - Parameter w: `[n, k]`.
  /// - Returns: `[m, n]`, for `self` of shape `[m, k]`.
  public func matmulTransposed(_ w: Variable) -> Variable {
    .recorded(
      "matmulTransposed", value.matmul(w.value, transposingOther: true),
      Operand(
        self,
        accumulating: { [w = w.value] upstream, gradient in
          gradient.accumulateProduct(upstream, w)
        }),
      Operand(
        w,
        accumulating: { [x = value] upstream, gradient in
          gradient.accumulateProduct(upstream, x, transposingA: true)
        }))
  }
}

extension Optional {
  /// Adds a product into a gradient, or makes it the gradient when there is none yet.
  package mutating func accumulateProduct<Scalar>(
    _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, transposingA: Bool = false,
    transposingB: Bool = false, factor: Scalar = 1
  ) where Wrapped == Tensor<Scalar> {
    if self == nil {
      self = a.matmul(
        b, transposingSelf: transposingA, transposingOther: transposingB, factor: factor)
    } else {
      self?.addProduct(
        a, b, transposingA: transposingA, transposingB: transposingB, factor: factor)
    }
  }
}
