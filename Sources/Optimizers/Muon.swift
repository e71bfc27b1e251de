public import NN
public import TensorCore

/// Muon for matrices: momentum whose singular values are all brought near 1.
///
/// Jordan et al. 2024.
///
/// The update is scaled by 0.2 · √(larger extent), so that it has the size of AdamW's and takes the same
/// learning rate and weight decay (Liu et al. 2025, "Muon is scalable for LLM training", equation 4).
public final class Muon: Optimizer {
  /// Decay of the moving sum of gradients.
  public let momentum: Float
  /// Decoupled weight decay, multiplied by the learning rate at each step.
  public let weightDecay: Float
  /// What is trained.
  public let parameters: [Parameter]
  /// How many steps were taken.
  public private(set) var stepCount = 0
  /// The moving sums of gradients, one a parameter.
  public private(set) var state: [Tensor<Float>]

  /// An optimizer whose moving sums are zero.
  ///
  /// - Precondition: Parameters are matrices.
  public init(_ parameters: [Parameter], momentum: Float = 0.95, weightDecay: Float = 0) {
    for parameter in parameters {
      require(parameter.value.shape.rank == 2, "Muon: \(parameter.value.shape) is not a matrix")
    }
    (self.parameters, self.momentum, self.weightDecay) = (parameters, momentum, weightDecay)
    state = parameters.map { .zeros($0.value.shape) }
  }

  /// One step, with Nesterov's look ahead.
  public func step(
    _ gradients: [Tensor<Float>?], learningRate: Double, gradientScale: Double = 1
  ) {
    require(
      gradients.count == parameters.count,
      "Muon: \(gradients.count) gradients for \(parameters.count) parameters")
    stepCount += 1
    for (index, parameter) in parameters.enumerated() {
      let gradient = (gradients[index] ?? .zeros(parameter.value.shape)) * Float(gradientScale)
      state[index].scale(by: momentum)
      state[index].add(gradient)
      let update = Self.orthogonalized(gradient + state[index] * momentum)
      let extents = parameter.value.shape.extents
      let size = 0.2 * Float(max(extents[0], extents[1])).squareRoot()
      let rate = Float(learningRate)
      parameter.update {
        $0.scale(by: 1 - rate * weightDecay)
        $0.add(update, times: -rate * size)
      }
    }
  }

  /// Goes on from a step count and the moving sums that belong to it.
  public func restore(stepCount: Int, state: [Tensor<Float>]) {
    require(
      state.map(\.shape) == self.state.map(\.shape), "Muon: the state is of other parameters")
    (self.stepCount, self.state) = (stepCount, state)
  }

  /// A matrix with the singular vectors of `matrix` and singular values between about 0.7 and 1.2.
  ///
  /// Five steps of the quintic Newton–Schulz iteration, with the coefficients of Jordan et al.
  static func orthogonalized(_ matrix: Tensor<Float>) -> Tensor<Float> {
    let isTall = matrix.shape[0] > matrix.shape[1]
    var x = isTall ? matrix.transposed() : matrix
    x = x * (1 / (x.sumOfSquares().squareRoot() + 1e-7))
    for _ in 0..<5 {
      let gram = x.matmul(x, transposingOther: true)
      let polynomial = gram * -4.7750 + gram.matmul(gram) * 2.0315
      x = x * 3.4445 + polynomial.matmul(x)
    }
    return isTall ? x.transposed() : x
  }
}
