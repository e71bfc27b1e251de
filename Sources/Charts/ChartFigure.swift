/// Several charts side by side, as one picture.
package struct ChartFigure: Sendable {
  package var charts: [LineChart]
  package var columns: Int

  package init(_ charts: [LineChart], columns: Int = 2) {
    (self.charts, self.columns) = (charts, max(1, columns))
  }

  private var cell: (width: Double, height: Double) {
    (charts.map(\.width).max() ?? 0, charts.map(\.height).max() ?? 0)
  }

  private var size: (width: Double, height: Double) {
    let rows = (charts.count + columns - 1) / columns
    let used = min(columns, charts.count)
    return (16 + Double(used) * (cell.width + 16), 16 + Double(rows) * (cell.height + 16))
  }

  private func draw(on canvas: inout some ChartCanvas) {
    for (index, chart) in charts.enumerated() {
      let x = 16 + Double(index % columns) * (cell.width + 16)
      let y = 16 + Double(index / columns) * (cell.height + 16)
      chart.draw(on: &canvas, at: ChartPoint(x, y))
    }
  }

  /// The text of an SVG file, with its colours for light and dark pages.
  package var svg: String {
    var canvas = SVGCanvas()
    draw(on: &canvas)
    return canvas.document(width: size.width, height: size.height, isStandalone: true)
  }

  /// The bytes of a PNG file on white, `scale` pixels for each unit.
  package func png(scale: Double = 2) -> [UInt8] {
    var canvas = RasterCanvas(width: size.width, height: size.height, scale: scale)
    draw(on: &canvas)
    return canvas.image.png
  }
}

extension LineChart {
  /// An `<svg>` element for a page that has `SVGCanvas.style` in its style sheet.
  package var inlineSVG: String {
    var canvas = SVGCanvas()
    draw(on: &canvas)
    return canvas.document(width: width, height: height, isStandalone: false, label: title)
  }
}
