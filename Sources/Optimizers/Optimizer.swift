public import TensorCore

/// What turns gradients into steps of weights.
///
/// All that it remembers between steps are the step count and the tensors of `state`: an optimizer that
/// is made anew and given both goes on with the same bits.
public protocol Optimizer: AnyObject {
  /// How many steps were taken.
  var stepCount: Int { get }

  /// One step.
  ///
  /// - Parameters:
  ///   - gradients: One a parameter; nil where the loss does not depend on it, which still decays.
  ///   - learningRate: This step's rate.
  ///   - gradientScale: What gradients are multiplied by first, as clipping asks.
  /// - Precondition: Gradients have the shapes of their parameters.
  func step(_ gradients: [Tensor<Float>?], learningRate: Double, gradientScale: Double)

  /// The moving averages, always as many and in the same order.
  var state: [Tensor<Float>] { get }

  /// Goes on from a step count and the averages that belong to it.
  ///
  /// - Precondition: As many tensors as `state` has, of the same shapes.
  func restore(stepCount: Int, state: [Tensor<Float>])
}
