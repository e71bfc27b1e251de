import Foundation
public import NN
public import TensorCore

/// AdamW (Loshchilov and Hutter 2019), with the update of `torch.optim.AdamW`.
public final class AdamW: Optimizer {
  /// The decay rates and the guard against division by zero.
  public struct Configuration: Sendable, Equatable {
    /// Decay of the moving average of gradients.
    public var beta1: Float = 0.9
    /// Decay of the moving average of their squares.
    public var beta2: Float = 0.999
    /// What is added to the root of the second moment.
    public var epsilon: Float = 1e-8
    /// Decoupled weight decay, multiplied by the learning rate at each step.
    public var weightDecay: Float = 0

    /// The defaults of PyTorch, but no weight decay.
    public init(
      beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0
    ) {
      (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
      self.weightDecay = weightDecay
    }
  }

  /// The decay rates.
  public let configuration: Configuration
  /// What is trained.
  public let parameters: [Parameter]
  /// How many steps were taken.
  public private(set) var stepCount = 0
  /// Moving averages of gradients and of their squares, one a parameter.
  package private(set) var firstMoments: [Tensor<Float>]
  package private(set) var secondMoments: [Tensor<Float>]
  private let decays: [Bool]
  private let rateFactors: [Double]

  /// An optimizer whose moving averages are zero.
  ///
  /// - Parameters:
  ///   - parameters: What is trained.
  ///   - configuration: The decay rates.
  ///   - decays: Which parameters have weight decay; nil decays all, as `torch.optim.AdamW` does.
  ///   - rateFactors: What each parameter's learning rate is multiplied by; nil for 1.
  public init(
    _ parameters: [Parameter], _ configuration: Configuration = .init(), decays: [Bool]? = nil,
    rateFactors: [Double]? = nil
  ) {
    (self.parameters, self.configuration) = (parameters, configuration)
    self.decays = decays ?? parameters.map { _ in true }
    self.rateFactors = rateFactors ?? parameters.map { _ in 1 }
    require(
      self.rateFactors.count == parameters.count,
      "AdamW: \(self.rateFactors.count) rate factors for \(parameters.count) parameters")
    require(
      self.decays.count == parameters.count,
      "AdamW: \(self.decays.count) decays for \(parameters.count) parameters")
    firstMoments = parameters.map { .zeros($0.value.shape) }
    secondMoments = firstMoments.map { .zeros($0.shape) }
  }

  /// One step.
  ///
  /// - Parameters:
  ///   - gradients: One a parameter; nil where the loss does not depend on it, which still decays.
  ///   - learningRate: This step's rate.
  ///   - gradientScale: What gradients are multiplied by first, as clipping asks.
  /// - Precondition: Gradients have the shapes of their parameters.
  public func step(
    _ gradients: [Tensor<Float>?], learningRate: Double, gradientScale: Double = 1
  ) {
    require(
      gradients.count == parameters.count,
      "AdamW: \(gradients.count) gradients for \(parameters.count) parameters")
    stepCount += 1
    let correction1 = 1 - pow(Double(configuration.beta1), Double(stepCount))
    let correction2 = 1 - pow(Double(configuration.beta2), Double(stepCount))
    for (index, parameter) in parameters.enumerated() {
      let gradient = gradients[index] ?? .zeros(parameter.value.shape)
      require(
        gradient.shape == parameter.value.shape,
        "AdamW: gradient \(gradient.shape) for a parameter \(parameter.value.shape)")
      parameter.update {
        update(
          &$0, gradient, &firstMoments[index], &secondMoments[index],
          rate: Float(learningRate * rateFactors[index]), scale: Float(gradientScale),
          Float(correction1), Float(correction2),
          decay: decays[index] ? configuration.weightDecay : 0)
      }
    }
  }

  /// First moments, then second ones.
  public var state: [Tensor<Float>] { firstMoments + secondMoments }

  /// Goes on from a step count and the moments that belong to it.
  public func restore(stepCount: Int, state: [Tensor<Float>]) {
    require(
      state.map(\.shape) == self.state.map(\.shape), "AdamW: the state is of other parameters")
    self.stepCount = stepCount
    firstMoments = Array(state[..<parameters.count])
    secondMoments = Array(state[parameters.count...])
  }

  private func update(
    _ value: inout Tensor<Float>, _ gradient: Tensor<Float>, _ first: inout Tensor<Float>,
    _ second: inout Tensor<Float>, rate: Float, scale: Float, _ correction1: Float,
    _ correction2: Float, decay: Float
  ) {
    let count = value.count
    let c = configuration
    value.withUnsafeMutablePointer { p in
      first.withUnsafeMutablePointer { m in
        second.withUnsafeMutablePointer { v in
          gradient.withUnsafePointer { g in
            ThreadPool.shared.forEachRange(count, grain: 16_384) { range in
              let at = range.lowerBound
              Float.kernels.adamw(
                p + at, g + at, m + at, v + at, range.count, rate, c.beta1, c.beta2, c.epsilon,
                decay, correction1, correction2, scale)
            }
          }
        }
      }
    }
  }
}
