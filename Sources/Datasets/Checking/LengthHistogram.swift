package import SafeIO

/// How long rows are, in tokens.
package struct LengthHistogram: Sendable, Equatable {
  package struct Bucket: Sendable, Equatable {
    package var lengths: ClosedRange<Int>
    package var count: Int
  }

  /// Ranges that double, from the one of the shortest row to that of the longest.
  package let buckets: [Bucket]
  package let median: Int
  /// 95 % of the rows are at most as long.
  package let percentile95: Int
  package let longest: Int

  private static let firstLimit = 16

  package init(_ lengths: [Int]) {
    let sorted = lengths.sorted()
    func quantile(_ share: Double) -> Int {
      sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
    median = quantile(0.5)
    percentile95 = quantile(0.95)
    longest = sorted.last ?? 0
    var buckets: [Bucket] = []
    var (low, high, place) = (0, Self.firstLimit, 0)
    while place < sorted.count {
      var count = 0
      while place < sorted.count, sorted[place] <= high {
        count += 1
        place += 1
      }
      if count > 0 || !buckets.isEmpty { buckets.append(Bucket(lengths: low...high, count: count)) }
      guard high <= Int.max / 2 else { break }
      (low, high) = (high + 1, high * 2)
    }
    self.buckets = buckets
  }

  package var json: JSON {
    [
      "median": JSON(median), "p95": JSON(percentile95), "longest": JSON(longest),
      "buckets": JSON(
        buckets.map {
          [
            "from": JSON($0.lengths.lowerBound), "to": JSON($0.lengths.upperBound),
            "rows": JSON($0.count),
          ]
        }),
    ]
  }
}
