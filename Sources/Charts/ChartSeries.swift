/// A line of a chart.
package struct ChartSeries: Sendable, Equatable {
  /// How a line is drawn.
  package enum Style: Sendable, Equatable {
    /// A full line.
    case line
    /// A faint line, whose outliers do not decide the scale.
    case faint
    /// A line with a dot at each point.
    case dots
  }

  /// What the legend says.
  package var name: String
  /// From left to right; points that are not finite, or beyond all that is measured, are left out.
  package var points: [ChartPoint]
  /// Which of the colours.
  package var ink: ChartInk
  package var style: Style

  package init(
    _ name: String, _ points: [ChartPoint], ink: ChartInk = .first, style: Style = .line
  ) {
    self.name = name
    self.points = points.filter { abs($0.x) < 1e100 && abs($0.y) < 1e100 }.map {
      ChartPoint(abs($0.x) < 1e-100 ? 0 : $0.x, abs($0.y) < 1e-100 ? 0 : $0.y)
    }
    (self.ink, self.style) = (ink, style)
  }
}

/// A place in a chart's data or on its canvas.
package struct ChartPoint: Sendable, Equatable {
  package var x: Double
  package var y: Double

  package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A vertical line with a word, such as where a run was best.
package struct ChartMark: Sendable, Equatable {
  package var x: Double
  package var label: String
  package var ink: ChartInk

  package init(x: Double, label: String, ink: ChartInk) {
    (self.x, self.label, self.ink) = (x, label, ink)
  }
}

/// What a line is drawn in, by its role; light and dark pages have a colour each.
package enum ChartInk: String, Sendable, CaseIterable {
  case text, muted, grid, paper, first, second, good, bad

  /// The colour on white paper, as 0xRRGGBB.
  package var light: UInt32 {
    switch self {
    case .text: 0x1F2328
    case .muted: 0x59636E
    case .grid: 0xE1E5EA
    case .paper: 0xFFFFFF
    case .first: 0x1B6AC9
    case .second: 0xC8570B
    case .good: 0x1A7F37
    case .bad: 0xB3261E
    }
  }

  /// The colour on a dark page.
  package var dark: UInt32 {
    switch self {
    case .text: 0xE6EAEF
    case .muted: 0x9AA4AF
    case .grid: 0x30363D
    case .paper: 0x14181D
    case .first: 0x6CB2FF
    case .second: 0xFFA45C
    case .good: 0x56D37A
    case .bad: 0xFF8078
    }
  }

  /// `#rrggbb`.
  package static func hex(_ color: UInt32) -> String {
    let digits = String(color, radix: 16)
    return "#" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }
}
