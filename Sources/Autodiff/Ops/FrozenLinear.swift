package import TensorCore

extension Variable where Scalar == Float {
  /// The matrix product `x · wᵀ` with a weight that is packed in bf16 and learns nothing.
  ///
  /// `∂L/∂x = ∂L/∂y · w`, in bf16 too.
  ///
  /// - Parameter weight: `w`, `[n, k]`.
  /// - Returns: `[m, n]`, for `self` of shape `[m, k]`.
  package func frozenLinear(weight: FrozenMatrix) -> Variable {
    .recorded(
      "frozenLinear", weight.multiply(value),
      Operand(self, accumulating: { weight.multiplyTransposed($0, into: &$1) }))
  }

  /// `loraLinear` over such a weight: `y = x wᵀ + s (x aᵀ) bᵀ`, the update in f32.
  ///
  /// `∂L/∂x = ∂L/∂y w + s (∂L/∂y b) a`, the first product in bf16.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[n, k]`.
  ///   - down: `a`, `[r, k]`.
  ///   - up: `b`, `[n, r]`.
  ///   - scale: `s`, α/r.
  ///   - adapted: What the update sees instead of `x`: `x` after dropout.
  /// - Returns: `[m, n]`, for `self` of shape `[m, k]`.
  package func frozenLoRALinear(
    weight: FrozenMatrix, down: Variable, up: Variable, scale: Float, adapted: Variable? = nil
  ) -> Variable {
    var y = weight.multiply(value)
    let update = (adapted ?? self).addLowRankUpdate(down: down, up: up, scale: scale, into: &y)
    return .recorded(
      "frozenLoRALinear", y,
      [Operand(self, accumulating: { weight.multiplyTransposed($0, into: &$1) })] + update)
  }

  /// `doraLinear` over such a weight: what multiplies by the weight in bf16, everything else in f32.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[n, k]`.
  ///   - down: `a`, `[r, k]`.
  ///   - up: `b`, `[n, r]`.
  ///   - scale: `s`, α/r.
  ///   - magnitude: `m`, `[n]`.
  ///   - norms: `‖w + s b a‖`, `[n]`.
  ///   - adapted: What the update sees instead of `x`: `x` after dropout.
  /// - Returns: `[m, n]`, for `self` of shape `[m, k]`.
  package func frozenDoRALinear(
    weight: FrozenMatrix, down: Variable, up: Variable, scale: Float, magnitude: Variable,
    norms: Tensor<Float>, adapted: Variable? = nil
  ) -> Variable {
    scaledUpdate(magnitude: magnitude, norms: norms, adapted: adapted) { input in
      input.frozenLoRALinear(weight: weight, down: down, up: up, scale: scale)
    } product: { difference in
      difference.frozenLinear(weight: weight)
    }
  }

  /// `linearCrossEntropy` over such a weight: logits from bf16 operands, all after them in f32.
  ///
  /// - Parameters:
  ///   - weight: `w`, `[classes, k]`.
  ///   - targets: The class of each row of `self`, `[rows, k]`.
  ///   - replaced: Rows of `w` that others stand for, in f32.
  /// - Returns: A scalar.
  package func frozenLinearCrossEntropy(
    weight: FrozenMatrix, targets: [Int32], replacing replaced: ReplacedClasses<Float>? = nil
  ) -> Variable {
    var computation = LinearCrossEntropy(hidden: value, weight: weight, targets: targets)
    computation.replace(replaced)
    let result = computation.run(hiddenGradient: isTracked, weightGradient: false)
    return .recorded(
      "frozenLinearCrossEntropy", Tensor([result.losses.sum()], shape: []),
      [Operand(self) { upstream in result.gradient(result.hiddenGradient, upstream) }]
        + result.operands(of: replaced))
  }
}
