public import TensorCore

/// Clipping by the global norm, as `torch.nn.utils.clip_grad_norm_`.
///
/// Pascanu et al. 2013.
public enum GradientClipping {
  /// The Euclidean norm of all gradients together, summed in Double in the order given.
  public static func norm(_ gradients: [Tensor<Float>?]) -> Double {
    gradients.reduce(0) { $0 + Double($1?.sumOfSquares() ?? 0) }.squareRoot()
  }

  /// The factor that brings `norm` down to `limit`: `min(1, limit / (norm + 1e-6))`.
  public static func factor(norm: Double, limit: Double?) -> Double {
    guard let limit else { return 1 }
    return min(1, limit / (norm + 1e-6))
  }
}
