import Datasets
import NN
import Optimizers
import TensorCore

/// How large the passes of a run get.
package struct PassSizes: Sendable, Equatable {
  /// Tokens of the largest one.
  package var largest: Int
  /// Tokens of the largest batch of a validation.
  package var validation: Int
  /// Whether a step has several, so that their gradients are summed.
  package var areSummed: Bool

  package init(largest: Int = 0, validation: Int = 0, areSummed: Bool = false) {
    (self.largest, self.validation, self.areSummed) = (largest, validation, areSummed)
  }
}

extension Trainer {
  /// The sizes of the run's passes; of a long run, those of its first steps.
  ///
  /// - Parameter limit: How many steps are looked at.
  /// - Returns: The sizes.
  /// - Throws: What reading the rows throws.
  package func passSizes(steps limit: Int = 4096) throws -> PassSizes {
    var order = order
    var sizes = PassSizes()
    for step in 0..<min(stepCount, limit) {
      let batchCount = configuration.batchCount(ofStep: step, rows: source.rowCount)
      let rows = (0..<batchCount).flatMap { order.batch(step * configuration.accumulate + $0) }
      let passes = passes(try rows.map { try documents(ofRow: $0) })
      sizes.areSummed = sizes.areSummed || passes.count > 1
      sizes.largest = max(sizes.largest, Self.largest(passes, inputCount))
    }
    sizes.validation = Self.largest(passes(validation), inputCount)
    return sizes
  }

  private static func largest(_ passes: [[[RowDocument]]], _ count: (RowDocument) -> Int) -> Int {
    passes.map { $0.joined().reduce(0) { $0 + count($1) } }.max() ?? 0
  }

  /// Bytes of tensors in a saved state.
  package var stateBytes: Int {
    let numbers =
      parameters.reduce(0) { $0 + $1.value.count } + optimizer.state.reduce(0) { $0 + $1.count }
    return numbers * MemoryLayout<Float>.stride
  }
}
