/// Draws into pixels, each covered as far as the shape covers it.
package struct RasterCanvas: ChartCanvas {
  package private(set) var image: RasterImage
  private let scale: Double

  /// White paper; `scale` pixels for each unit.
  package init(width: Double, height: Double, scale: Double) {
    self.scale = scale
    func pixels(_ length: Double) -> Int { Int(min(max(length * scale, 1), 1e5).rounded(.up)) }
    image = RasterImage(
      width: pixels(width), height: pixels(height), color: ChartInk.paper.light)
  }

  package mutating func line(
    _ points: [ChartPoint], _ ink: ChartInk, width: Double, style: LineStyle
  ) {
    let scaled = points.map { ChartPoint($0.x * scale, $0.y * scale) }
    let opacity = style == .faint ? 0.4 : 1
    let lines = style == .dashed ? dashes(scaled) : [scaled]
    for line in lines {
      stroke(line, color: ink.light, radius: width * scale / 2, opacity: opacity)
    }
  }

  package mutating func dot(_ center: ChartPoint, radius: Double, _ ink: ChartInk) {
    let center = ChartPoint(center.x * scale, center.y * scale)
    stroke([center, center], color: ink.light, radius: radius * scale, opacity: 1)
  }

  package mutating func text(
    _ text: String, at place: ChartPoint, size: Double, anchor: TextAnchor, _ ink: ChartInk
  ) {
    let unit = size * scale / StrokeFont.height
    let width = StrokeFont.width(of: text) * unit
    let left =
      switch anchor {
      case .start: place.x * scale
      case .middle: place.x * scale - width / 2
      case .end: place.x * scale - width
      }
    for line in StrokeFont.lines(of: text) {
      let points = line.map { ChartPoint(left + $0.x * unit, place.y * scale + $0.y * unit) }
      stroke(points, color: ink.light, radius: max(0.55, size * scale / 22), opacity: 1)
    }
  }

  private func dashes(_ points: [ChartPoint]) -> [[ChartPoint]] {
    zip(points, points.dropFirst()).flatMap { start, end -> [[ChartPoint]] in
      let (dx, dy) = (end.x - start.x, end.y - start.y)
      let length = (dx * dx + dy * dy).squareRoot()
      guard length > 0 else { return [] }
      return stride(from: 0, to: length, by: 7 * scale).map { from in
        let (a, b) = (from / length, min(from + 4 * scale, length) / length)
        return [
          ChartPoint(start.x + a * dx, start.y + a * dy),
          ChartPoint(start.x + b * dx, start.y + b * dy),
        ]
      }
    }
  }

  /// Lays a line over the pixels once, also where its parts meet.
  private mutating func stroke(
    _ points: [ChartPoint], color: UInt32, radius: Double, opacity: Double
  ) {
    var coverage: [Int: Double] = [:]
    for (start, end) in zip(points, points.dropFirst()) {
      let reach = radius + 1
      let columns = span(min(start.x, end.x) - reach, max(start.x, end.x) + reach, image.width)
      let rows = span(min(start.y, end.y) - reach, max(start.y, end.y) + reach, image.height)
      for y in rows {
        for x in columns {
          let distance = Self.distance(ChartPoint(Double(x) + 0.5, Double(y) + 0.5), start, end)
          let covered = min(max(radius + 0.5 - distance, 0), min(1, 2 * radius))
          guard covered > 0 else { continue }
          coverage[y * image.width + x, default: 0] = max(
            coverage[y * image.width + x, default: 0], covered)
        }
      }
    }
    for (place, covered) in coverage {
      image.blend(
        x: place % image.width, y: place / image.width, color: color, coverage: covered * opacity)
    }
  }

  /// The whole pixels of an interval that lie inside the image.
  private func span(_ low: Double, _ high: Double, _ count: Int) -> Range<Int> {
    let limit = Double(count)
    let first = Int(min(max(low, 0), limit))
    return first..<max(first, Int(min(max(high + 1, 0), limit)))
  }

  private static func distance(_ point: ChartPoint, _ start: ChartPoint, _ end: ChartPoint)
    -> Double
  {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let (px, py) = (point.x - start.x, point.y - start.y)
    let square = dx * dx + dy * dy
    let share = square > 0 ? min(max((px * dx + py * dy) / square, 0), 1) : 0
    let (x, y) = (px - share * dx, py - share * dy)
    return (x * x + y * y).squareRoot()
  }
}
