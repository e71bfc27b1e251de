package import TensorCore

/// How far the logits of two models are apart at the same positions.
package struct LogitComparison: Sendable, Equatable {
  /// The largest |Δ| over all positions and tokens.
  package private(set) var largestDifference = 0.0
  /// The largest logit in magnitude, of the first model.
  package private(set) var largestLogit = 0.0
  /// How many positions were compared.
  package private(set) var positions = 0
  /// At how many of them both have the same first token.
  package private(set) var agreeing = 0

  package init() {}

  /// Adds the positions of two matrices `[positions, vocabulary]`.
  package mutating func add(_ first: Tensor<Float>, _ second: Tensor<Float>) {
    require(first.shape == second.shape, "LogitComparison: \(first.shape) and \(second.shape)")
    let columns = first.shape.last
    first.withUnsafePointer { a in
      second.withUnsafePointer { b in
        for row in 0..<first.shape.rows {
          let (x, y) = (a + row * columns, b + row * columns)
          var (best, other) = (0, 0)
          for column in 0..<columns {
            let difference = abs(Double(x[column]) - Double(y[column]))
            // A comparison with NaN is false: the difference must not look like none.
            if !(difference <= largestDifference) { largestDifference = difference }
            largestLogit = max(largestLogit, abs(Double(x[column])))
            if x[column] > x[best] { best = column }
            if y[column] > y[other] { other = column }
          }
          positions += 1
          if best == other { agreeing += 1 }
        }
      }
    }
  }

  /// The part of the positions with the same first token.
  package var agreement: Double { positions == 0 ? 1 : Double(agreeing) / Double(positions) }
}
