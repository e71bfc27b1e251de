/// A loss far above those before it.
public struct LossSpike: Sendable, Equatable {
  /// The step, 1 for the first.
  public var step: Int
  /// Its loss.
  public var loss: Double
  /// The median of the losses before it, at most 128.
  public var median: Double
  /// How many standard deviations the loss lies above their mean.
  public var deviations: Double
  /// The lines of its rows.
  public var lines: [Int]
}

/// Compares each loss with the last 128.
package struct LossMonitor {
  /// How many losses are remembered.
  private static let window = 128
  /// With fewer there is nothing to compare with.
  private static let least = 32

  package private(set) var losses: [Double]

  package init(_ losses: [Double] = []) { self.losses = Array(losses.suffix(Self.window)) }

  /// Whether `loss` is more than six standard deviations above the mean and three times the median.
  package func spike(_ loss: Double, step: Int, lines: [Int]) -> LossSpike? {
    guard losses.count >= Self.least else { return nil }
    let count = Double(losses.count)
    let mean = losses.reduce(0, +) / count
    let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let median = losses.sorted()[losses.count / 2]
    let deviations = (loss - mean) / max(variance.squareRoot(), 1e-12)
    guard deviations > 6, loss > 3 * median else { return nil }
    return LossSpike(step: step, loss: loss, median: median, deviations: deviations, lines: lines)
  }

  package mutating func add(_ loss: Double) {
    losses.append(loss)
    if losses.count > Self.window { losses.removeFirst() }
  }
}
