/// Lines over a common axis: how a run went.
package struct LineChart: Sendable {
  package var title: String
  package var series: [ChartSeries]
  package var marks: [ChartMark]
  /// What the horizontal axis counts.
  package var xLabel: String
  package var width: Double
  package var height: Double

  package init(
    _ title: String, _ series: [ChartSeries], marks: [ChartMark] = [], xLabel: String = "step",
    width: Double = 480, height: Double = 280
  ) {
    (self.title, self.marks, self.xLabel) = (title, marks, xLabel)
    (self.width, self.height) = (width, height)
    // Two points a unit of width are more than anyone sees.
    self.series = series.map { $0.thinned(to: Int(2 * width)) }
  }

  private static let size = 12.0
  private static let margin = (left: 52.0, right: 14.0, top: 54.0, bottom: 34.0)

  /// Draws the chart with its upper left corner at `origin`.
  package func draw(on canvas: inout some ChartCanvas, at origin: ChartPoint = ChartPoint(0, 0)) {
    let plot = Plot(
      left: origin.x + Self.margin.left, right: origin.x + width - Self.margin.right,
      top: origin.y + Self.margin.top, bottom: origin.y + height - Self.margin.bottom)
    canvas.text(
      title, at: ChartPoint(origin.x + 8, origin.y + 18), size: 14, anchor: .start, .text)
    let points = series.flatMap(\.points)
    guard let low = points.map(\.x).min(), let high = points.map(\.x).max() else {
      canvas.text(
        "nothing yet", at: ChartPoint((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2),
        size: Self.size, anchor: .middle, .muted)
      return
    }
    let across = AxisTicks(from: low, to: high, count: 6, isLoose: false, whole: true)
    let (least, most) = yRange
    let up = AxisTicks(from: least, to: most, count: 4, isLoose: true)
    drawLegend(on: &canvas, at: ChartPoint(origin.x + 8, origin.y + 38))
    drawAxes(on: &canvas, plot, across, up)
    func place(_ point: ChartPoint) -> ChartPoint {
      ChartPoint(
        plot.left + (point.x - across.low) / (across.high - across.low) * (plot.right - plot.left),
        plot.bottom - (min(max(point.y, up.low), up.high) - up.low) / (up.high - up.low)
          * (plot.bottom - plot.top))
    }
    drawMarks(on: &canvas, plot, marks.map { ($0, place(ChartPoint($0.x, up.low)).x) })
    for series in series { draw(series, on: &canvas, place) }
  }

  private struct Plot {
    let left: Double, right: Double, top: Double, bottom: Double
  }

  /// The lowest and highest value, without the hundredth of a faint line that sticks out most.
  private var yRange: (Double, Double) {
    let shown = series.flatMap { series -> [Double] in
      let values = series.points.map(\.y).sorted()
      guard series.style == .faint, values.count > 20 else { return values }
      return Array(values[(values.count / 100)...(values.count - 1 - values.count / 100)])
    }
    return (shown.min() ?? 0, shown.max() ?? 1)
  }

  private func drawLegend(on canvas: inout some ChartCanvas, at origin: ChartPoint) {
    var x = origin.x
    for series in series where series.points.count > 0 && self.series.count > 1 {
      canvas.line(
        [ChartPoint(x, origin.y - 4), ChartPoint(x + 18, origin.y - 4)], series.ink, width: 2,
        style: series.style == .faint ? .faint : .full)
      canvas.text(
        series.name, at: ChartPoint(x + 24, origin.y), size: Self.size, anchor: .start, .muted)
      x += 24 + Double(series.name.count) * Self.size * 0.56 + 16
    }
  }

  private func drawAxes(
    on canvas: inout some ChartCanvas, _ plot: Plot, _ across: AxisTicks, _ up: AxisTicks
  ) {
    for (value, label) in zip(up.values, up.labels) {
      let y = plot.bottom - (value - up.low) / (up.high - up.low) * (plot.bottom - plot.top)
      canvas.line(
        [ChartPoint(plot.left, y), ChartPoint(plot.right, y)], .grid, width: 1, style: .full)
      canvas.text(
        label, at: ChartPoint(plot.left - 6, y + 4), size: Self.size, anchor: .end, .muted)
    }
    for (value, label) in zip(across.values, across.labels) {
      let share = (value - across.low) / (across.high - across.low)
      let x = plot.left + share * (plot.right - plot.left)
      canvas.line(
        [ChartPoint(x, plot.bottom), ChartPoint(x, plot.bottom + 4)], .muted, width: 1, style: .full
      )
      // The name of the axis stands at its right end.
      guard x < plot.right - 34 || label == across.labels.first else { continue }
      canvas.text(
        label, at: ChartPoint(x, plot.bottom + 18), size: Self.size, anchor: .middle, .muted)
    }
    canvas.text(
      xLabel, at: ChartPoint(plot.right, plot.bottom + 18), size: Self.size, anchor: .end, .muted)
  }

  private func drawMarks(
    on canvas: inout some ChartCanvas, _ plot: Plot, _ marks: [(ChartMark, Double)]
  ) {
    for (index, (mark, x)) in marks.enumerated() where x >= plot.left - 1 && x <= plot.right + 1 {
      canvas.line(
        [ChartPoint(x, plot.top), ChartPoint(x, plot.bottom)], mark.ink, width: 1.5, style: .dashed)
      let isLeft = x > plot.right - 90
      canvas.text(
        mark.label, at: ChartPoint(x + (isLeft ? -5 : 5), plot.top + 10 + 15 * Double(index)),
        size: Self.size, anchor: isLeft ? .end : .start, mark.ink)
    }
  }

  private func draw(
    _ series: ChartSeries, on canvas: inout some ChartCanvas,
    _ place: (ChartPoint) -> ChartPoint
  ) {
    let points = series.points.map(place)
    canvas.line(
      points, series.ink, width: series.style == .faint ? 1 : 2,
      style: series.style == .faint ? .faint : .full)
    // A single point is no line.
    if series.style == .dots && points.count <= 60 || points.count == 1 {
      for point in points { canvas.dot(point, radius: 3.2, series.ink) }
    }
  }
}
