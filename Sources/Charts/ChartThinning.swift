extension ChartSeries {
  /// The same line with at most about `limit` points, which looks the same: each stretch keeps its first,
  /// lowest, highest and last.
  package func thinned(to limit: Int) -> ChartSeries {
    let stretches = max(1, limit / 4)
    guard points.count > max(limit, 4) else { return self }
    var result = self
    result.points = (0..<stretches).flatMap { index -> [ChartPoint] in
      let start = index * points.count / stretches
      let end = (index + 1) * points.count / stretches
      guard start < end else { return [] }
      let range = start..<end
      let lowest = range.min { points[$0].y < points[$1].y } ?? start
      let highest = range.max { points[$0].y < points[$1].y } ?? start
      return Set([start, lowest, highest, end - 1]).sorted().map { points[$0] }
    }
    return result
  }

  /// The running mean of the points, each weighted less the further it lies back.
  ///
  /// The weights are corrected for the start, as Adam's are (Kingma and Ba 2015): the first point is itself.
  package static func smoothed(_ points: [ChartPoint], by decay: Double) -> [ChartPoint] {
    var (mean, weight) = (0.0, 1.0)
    return points.filter { $0.x.isFinite && $0.y.isFinite }.map {
      mean = decay * mean + (1 - decay) * $0.y
      weight *= decay
      return ChartPoint($0.x, mean / (1 - weight))
    }
  }
}
