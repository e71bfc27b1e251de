import Foundation
public import ModelFiles
import TensorCore

extension DecoderLM {
  /// A model that has learnt nothing.
  ///
  /// Matrices are normal with deviation `1 / √hiddenSize`, at most 0.04; those that end a residual branch are smaller by
  /// `√(2 · layers)`, so that the stream's variance does not grow with depth (Radford et al. 2019). Norms are
  /// 1, biases 0. Each tensor has a random stream of its own.
  ///
  /// - Parameters:
  ///   - configuration: The model's sizes.
  ///   - seed: Decides every weight.
  public convenience init(initializing configuration: TransformerConfiguration, seed: UInt64) {
    let deviation = min(0.04, 1 / Double(configuration.hiddenSize).squareRoot())
    let branches = Double(2 * max(1, configuration.layerCount)).squareRoot()
    var weights: [String: Tensor<Float>] = [:]
    for (index, (name, shape)) in Self.expectedTensors(configuration).enumerated() {
      let count = shape.reduce(1, *)
      if shape.count == 1 {
        let value: Float = name.hasSuffix("bias") ? 0 : 1
        weights[name] = Tensor([Float](repeating: value, count: count), shape: Shape(shape))
        continue
      }
      let endsBranch = name.hasSuffix("o_proj.weight") || name.hasSuffix("down_proj.weight")
      let scale = endsBranch ? deviation / branches : deviation
      var generator = RandomGenerator(seed: seed, stream: UInt64(index))
      weights[name] = Tensor(
        (0..<count).map { _ in Float(scale * generator.nextNormal()) }, shape: Shape(shape))
    }
    self.init(configuration: configuration, weights: weights)
  }
}
