public import TensorCore

extension Variable {
  /// A linear layer whose weight has a magnitude of its own beside a low-rank update of its direction:
  /// `y = (m / ‖w + s b a‖) ∘ (x wᵀ + s (x aᵀ) bᵀ)`, the norm by rows.
  ///
  /// Equation 5 of Liu et al. 2024, "DoRA". The norm follows the update and is a constant for gradients, as
  /// their section 4.3 has it. Where the update sees another input than the layer, `x̃` after dropout, the
  /// layer is `y = x wᵀ - x̃ wᵀ + (m / ‖w + s b a‖) ∘ (x̃ wᵀ + s (x̃ aᵀ) bᵀ)`, as in PEFT.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[n, k]`, usually a constant.
  ///   - down: `a`, `[r, k]`.
  ///   - up: `b`, `[n, r]`.
  ///   - scale: `s`, α/r.
  ///   - magnitude: `m`, `[n]`.
  ///   - norms: `‖w + s b a‖`, `[n]`.
  ///   - adapted: `x̃`; nil for `x` itself.
  /// - Returns: `[m, n]`, for `self` of shape `[m, k]`.
  public func doraLinear(
    weight: Variable, down: Variable, up: Variable, scale: Scalar, magnitude: Variable,
    norms: Tensor<Scalar>, adapted: Variable? = nil
  ) -> Variable {
    scaledUpdate(magnitude: magnitude, norms: norms, adapted: adapted) { input in
      input.loraLinear(weight: weight, down: down, up: up, scale: scale)
    } product: { difference in
      difference.matmulTransposed(weight)
    }
  }

  /// What makes a layer with a low-rank update DoRA's, whatever its weight is kept in.
  ///
  /// - Parameters:
  ///   - magnitude: `m`, `[n]`.
  ///   - norms: `‖w + s b a‖`, `[n]`.
  ///   - adapted: `x̃`; nil for `x` itself.
  ///   - updated: `x wᵀ + s (x aᵀ) bᵀ`.
  ///   - product: `x wᵀ`.
  /// - Returns: `[m, n]`.
  func scaledUpdate(
    magnitude: Variable, norms: Tensor<Scalar>, adapted: Variable?,
    updated: (Variable) -> Variable, product: (Variable) -> Variable
  ) -> Variable {
    let scaled = updated(adapted ?? self).multiplied(row: magnitude / Variable(norms))
    guard let adapted else { return scaled }
    return scaled + product(self - adapted)
  }
}

extension Tensor {
  /// The norm of each row of `w + s b a` without that sum: of the squared norms of `w`'s rows and of `w aᵀ`.
  ///
  /// `‖wᵢ + s bᵢ a‖² = ‖wᵢ‖² + 2 s bᵢ (w aᵀ)ᵢ + s² bᵢ (a aᵀ) bᵢᵀ`: rank times less work than the sum takes.
  ///
  /// - Parameters:
  ///   - squares: `‖wᵢ‖²`, `[n]`.
  ///   - projected: `w aᵀ`, `[n, r]`.
  ///   - down: `a`, `[r, k]`.
  ///   - up: `b`, `[n, r]`.
  ///   - scale: `s`.
  /// - Returns: `[n]`; at least the smallest normal number, so that one can divide by it.
  package static func adaptedRowNorms(
    squares: Tensor, projected: Tensor, down: Tensor, up: Tensor, scale: Scalar
  ) -> Tensor {
    let n = squares.count
    let cross = (up * projected).rowSums().reshaped([n]) * (2 * scale)
    let gram = down.matmul(down, transposingOther: true)
    let own = (up.matmul(gram) * up).rowSums().reshaped([n]) * (scale * scale)
    let sums = (squares.reshaped([n]) + cross + own).scalars
    return Tensor(sums.map { max($0, Scalar.leastNormalMagnitude).squareRoot() }, shape: [n])
  }

  /// The squared norm of each row, `[rows]`.
  package func rowSquares() -> Tensor { (self * self).rowSums().reshaped([shape.rows]) }
}
