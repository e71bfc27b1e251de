import NN
public import TensorCore

/// Two optimizers that share the parameters of a model.
public final class SplitOptimizer: Optimizer {
  private let parts: [(optimizer: any Optimizer, places: [Int])]

  /// - Parameters:
  ///   - first: An optimizer of the parameters for which `isFirst` is true, in their order.
  ///   - second: An optimizer of the others.
  ///   - isFirst: One a parameter.
  public init(first: any Optimizer, second: any Optimizer, isFirst: [Bool]) {
    parts = [
      (first, isFirst.indices.filter { isFirst[$0] }),
      (second, isFirst.indices.filter { !isFirst[$0] }),
    ]
  }

  /// How many steps were taken.
  public var stepCount: Int { parts[0].optimizer.stepCount }

  /// One step of both.
  public func step(
    _ gradients: [Tensor<Float>?], learningRate: Double, gradientScale: Double = 1
  ) {
    for part in parts {
      part.optimizer.step(
        part.places.map { gradients[$0] }, learningRate: learningRate,
        gradientScale: gradientScale)
    }
  }

  /// The state of the first, then that of the second.
  public var state: [Tensor<Float>] { parts.flatMap(\.optimizer.state) }

  /// Goes on from a step count and the state that belongs to it.
  public func restore(stepCount: Int, state: [Tensor<Float>]) {
    let count = parts[0].optimizer.state.count
    require(state.count >= count, "SplitOptimizer: the state is of other parameters")
    parts[0].optimizer.restore(stepCount: stepCount, state: Array(state[..<count]))
    parts[1].optimizer.restore(stepCount: stepCount, state: Array(state[count...]))
  }
}
