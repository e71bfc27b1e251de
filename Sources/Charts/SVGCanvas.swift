import Foundation

/// Draws into the text of an SVG element; colours are classes, so that a page decides light or dark.
package struct SVGCanvas: ChartCanvas {
  private var elements: [String] = []

  package init() {}

  package mutating func line(
    _ points: [ChartPoint], _ ink: ChartInk, width: Double, style: LineStyle
  ) {
    guard points.count > 1 else { return }
    let path = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
    let extra =
      switch style {
      case .full: ""
      case .faint: " opacity=\"0.4\""
      case .dashed: " stroke-dasharray=\"4 3\""
      }
    elements.append(
      "<polyline class=\"l \(ink.rawValue)\" stroke-width=\"\(Self.number(width))\"\(extra) points=\"\(path)\"/>"
    )
  }

  package mutating func dot(_ center: ChartPoint, radius: Double, _ ink: ChartInk) {
    elements.append(
      "<circle class=\"f \(ink.rawValue)\" cx=\"\(Self.number(center.x))\" cy=\"\(Self.number(center.y))\" r=\"\(Self.number(radius))\"/>"
    )
  }

  package mutating func text(
    _ text: String, at place: ChartPoint, size: Double, anchor: TextAnchor, _ ink: ChartInk
  ) {
    elements.append(
      "<text class=\"f \(ink.rawValue)\" x=\"\(Self.number(place.x))\" y=\"\(Self.number(place.y))\" font-size=\"\(Self.number(size))\" text-anchor=\"\(anchor.rawValue)\">\(MarkupText.escaped(text))</text>"
    )
  }

  /// The whole element.
  ///
  /// - Parameters:
  ///   - width: Its extent.
  ///   - height: Its extent.
  ///   - isStandalone: Whether it is a file of its own, with a background and a style.
  ///   - label: What it shows, for those who do not see it.
  /// - Returns: The text.
  package func document(
    width: Double, height: Double, isStandalone: Bool, label: String = "Curves of a training run"
  ) -> String {
    let (w, h) = (Self.number(width), Self.number(height))
    let size = isStandalone ? " width=\"\(w)\" height=\"\(h)\"" : ""
    let head =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(w) \(h)\"\(size) role=\"img\" "
      + "aria-label=\"\(MarkupText.escaped(label))\" class=\"chart\">"
    let ground =
      isStandalone
      ? "<style>\(Self.style)</style><rect class=\"f paper\" width=\"\(w)\" height=\"\(h)\"/>\n"
      : ""
    return head + ground + elements.joined(separator: "\n") + "</svg>\n"
  }

  /// The style sheet of the classes.
  package static let style: String = {
    func colors(_ color: (ChartInk) -> UInt32) -> String {
      ChartInk.allCases.map { "--\($0.rawValue):\(ChartInk.hex(color($0)))" }.joined(separator: ";")
    }
    let roles = ChartInk.allCases.map {
      ".l.\($0.rawValue){stroke:var(--\($0.rawValue))}.f.\($0.rawValue){fill:var(--\($0.rawValue))}"
    }.joined()
    return ":root{\(colors(\.light))}@media(prefers-color-scheme:dark){:root{\(colors(\.dark))}}"
      + ".chart{font-family:system-ui,sans-serif}.l{fill:none;stroke-linejoin:round}" + roles
  }()

  private static func number(_ value: Double) -> String {
    let text = String(format: "%.1f", value.isFinite ? value : 0)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

/// Text inside XML and HTML.
package enum MarkupText {
  /// `text` as it is shown: no character of it is markup, and none is refused by an XML reader.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}"..."\u{FFFF}",
        // These turn the direction of what follows, also outside of the element.
        "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
