import Datasets

/// Percentile bootstrap: how far a figure could have been off with other rows of the same kind.
///
/// Rows are drawn with replacement, as many as there are, `resamples` times; the interval lies
/// between the 2.5th and the 97.5th percentile of the figure. The same seed gives the same bits.
public struct Bootstrap: Sendable, Equatable {
  /// A figure and where it could have been.
  public struct Interval: Sendable, Equatable {
    /// The figure of all rows.
    public var estimate: Double
    /// The 2.5th percentile.
    public var lower: Double
    /// The 97.5th percentile.
    public var upper: Double
  }

  /// How many times rows are drawn.
  public var resamples: Int
  /// The seed of the draws.
  public var seed: UInt64

  /// A bootstrap.
  public init(resamples: Int = 2000, seed: UInt64 = 0) {
    self.resamples = max(1, resamples)
    self.seed = seed
  }

  /// The interval of any figure of a set of rows.
  ///
  /// - Parameters:
  ///   - rowCount: How many rows there are; nil is returned for none.
  ///   - statistic: The figure of the rows with the given numbers, some of them several times.
  /// - Returns: The figure of all rows, and its interval.
  public func interval(rowCount: Int, statistic: ([Int]) -> Double) -> Interval? {
    guard rowCount > 0 else { return nil }
    var generator = SplitMix64(seed: seed)
    var sample = Array(0..<rowCount)
    let estimate = statistic(sample)
    var figures: [Double] = []
    for _ in 0..<resamples {
      for place in sample.indices {
        sample[place] = Int(generator.next(below: UInt64(rowCount)))
      }
      figures.append(statistic(sample))
    }
    figures.sort()
    return Interval(
      estimate: estimate, lower: percentile(0.025, of: figures),
      upper: percentile(0.975, of: figures))
  }

  /// The interval of the mean of `values`, one a row.
  public func mean(_ values: [Double]) -> Interval? {
    interval(rowCount: values.count) { sample in
      sample.reduce(0) { $0 + values[$1] } / Double(sample.count)
    }
  }

  /// The interval of the mean of `a[i] - b[i]`: two systems on the same rows.
  ///
  /// It leaves out zero where the difference is hardly chance. nil where the lists differ in
  /// length.
  public func pairedDifference(_ a: [Double], _ b: [Double]) -> Interval? {
    a.count == b.count ? mean(zip(a, b).map { $0 - $1 }) : nil
  }

  /// Linear between the two nearest, as NumPy does by default.
  private func percentile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
