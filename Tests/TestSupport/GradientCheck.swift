package import Autodiff
package import TensorCore

/// Compares gradients with central finite differences, in Double.
package enum GradientCheck {
  /// The relative error that the gradient table allows, ‖analytic − numeric‖ / ‖numeric‖.
  package static let tolerance = 1e-6

  /// The largest relative error over the operands of `function`.
  ///
  /// The output is contracted with a random tensor, so that one scalar tests every element of it.
  package static func largestError(
    _ inputs: [Tensor<Double>], seed: UInt64 = 7,
    _ function: ([Variable<Double>]) -> Variable<Double>
  ) -> Double {
    let tape = Tape<Double>()
    let leaves = inputs.map { tape.leaf($0) }
    let output = function(leaves)
    let upstream: Tensor<Double> = RandomTensor.normal(output.shape, seed: seed)
    let gradients = tape.gradients(of: output, upstream: upstream)

    var worst = 0.0
    for (index, input) in inputs.enumerated() {
      let numeric = differences(inputs, index, upstream, function)
      let analytic = gradients[leaves[index]] ?? Tensor<Double>.zeros(input.shape)
      let difference = (analytic - numeric).sumOfSquares().squareRoot()
      worst = max(worst, difference / max(numeric.sumOfSquares().squareRoot(), 1e-8))
    }
    return worst
  }

  private static func differences(
    _ inputs: [Tensor<Double>], _ index: Int, _ upstream: Tensor<Double>,
    _ function: ([Variable<Double>]) -> Variable<Double>
  ) -> Tensor<Double> {
    let base = inputs[index].scalars
    var result = base
    for element in base.indices {
      let step = 1e-5 * max(1, abs(base[element]))
      func value(_ shift: Double) -> Double {
        var moved = base
        moved[element] += shift
        var operands = inputs
        operands[index] = Tensor(moved, shape: inputs[index].shape)
        return (function(operands.map { Variable($0) }).value * upstream).sum()
      }
      result[element] = (value(step) - value(-step)) / (2 * step)
    }
    return Tensor(result, shape: inputs[index].shape)
  }
}

/// Seeded random tensors.
package enum RandomTensor {
  /// Standard normal numbers (Box and Muller 1958) times `scale`.
  package static func normal<Scalar: TensorScalar>(
    _ shape: Shape, seed: UInt64, scale: Double = 1, shift: Double = 0
  ) -> Tensor<Scalar> {
    var generator = RandomGenerator(seed: seed)
    return Tensor(
      (0..<shape.count).map { _ in Scalar(generator.nextNormal() * scale + shift) }, shape: shape)
  }

  /// Numbers between `low` and `high`.
  package static func uniform<Scalar: TensorScalar>(
    _ shape: Shape, _ low: Double, _ high: Double, seed: UInt64
  ) -> Tensor<Scalar> {
    var generator = RandomGenerator(seed: seed)
    return Tensor(
      (0..<shape.count).map { _ in Scalar(low + (high - low) * generator.nextUniform()) },
      shape: shape)
  }
}
