/// A line of a chart.
package struct ChartSeries: Sendable, Equatable {
  /// What the legend says.
  package var name: String
  /// From left to right.
  package var points: [(x: Double, y: Double)]

  package init(name: String, points: [(x: Double, y: Double)]) {
    (self.name, self.points) = (name, points)
  }

  package static func == (left: ChartSeries, right: ChartSeries) -> Bool {
    left.name == right.name && left.points.elementsEqual(right.points) { $0 == $1 }
  }
}
