/// What a chart is drawn on; distances are those of the chart, y grows downwards.
package protocol ChartCanvas {
  /// Draws a line through points.
  mutating func line(_ points: [ChartPoint], _ ink: ChartInk, width: Double, style: LineStyle)

  /// Draws a filled circle.
  mutating func dot(_ center: ChartPoint, radius: Double, _ ink: ChartInk)

  /// Writes `text` so that its baseline begins, is centred or ends at a place.
  mutating func text(
    _ text: String, at place: ChartPoint, size: Double, anchor: TextAnchor, _ ink: ChartInk)
}

/// How a line is drawn on a canvas.
package enum LineStyle: Sendable { case full, faint, dashed }

/// Which end of a text stands at its place.
package enum TextAnchor: String, Sendable { case start, middle, end }
