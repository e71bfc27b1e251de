import Adapters
import CKernels
import TensorCore

/// What DoRA makes of one projection's outputs: `f ∘ (x wᵀ + u) + bias` with `f = m / ‖w + s b a‖` by rows.
///
/// The product of a step has the bias in it already, so that it is `f ∘ y + (1 - f) bias` here.
struct OutputMagnitudes {
  /// The factors, and behind them what is added.
  private let values: [Float]

  /// Those of the projection `layer * 7 + projection`; nil for LoRA.
  ///
  /// The norms are of the weight that is multiplied by: dequantised, where it is in blocks. They are computed by
  /// the loops of a step, so that they do not depend on the instruction set either.
  init?(_ update: AdaptedProjection?, at index: Int, in model: ServingModel) {
    guard let update, let magnitude = update.magnitude?.scalars else { return nil }
    let (layer, member) = index.quotientAndRemainder(
      dividingBy: Projection.allCases.count)
    let (matrix, bias) = model.weights.weight(layer, Projection.allCases[member])
    let (table, arena) = (model.kernels.table, model.weights.arena)
    let (outputs, inputs, rank) = (update.outputSize, update.inputSize, update.rank)
    values = [Float](unsafeUninitializedCapacity: 2 * outputs) { values, initialized in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: inputs + rank) { space in
        guard let row = space.baseAddress else { return }
        let factors = row + inputs
        update.down.withUnsafePointer { down in
          update.up.withUnsafePointer { up in
            for output in 0..<outputs {
              for r in 0..<rank { factors[r] = up[output * rank + r] * update.scale }
              matrix.unpackRow(output, arena, into: row)
              table.expand(4, down, inputs, rank, inputs, factors, row)
              var square: Float = 0
              table.shrink(4, row, 1, inputs, row, &square)
              let factor = magnitude[output] / max(square, .leastNormalMagnitude).squareRoot()
              values[output] = factor
              values[outputs + output] = bias.map { (1 - factor) * $0[output] } ?? 0
            }
          }
        }
      }
      initialized = 2 * outputs
    }
  }

  var bytes: Int { values.count * MemoryLayout<Float>.stride }

  /// Changes the outputs of one row.
  func apply(to output: UnsafeMutablePointer<Float>) {
    let count = values.count / 2
    values.withUnsafeBufferPointer { values in
      for index in 0..<count {
        output[index] = output[index] * values[index] + values[count + index]
      }
    }
  }
}
