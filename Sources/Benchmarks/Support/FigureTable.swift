import Foundation

/// Figures as a Markdown table with aligned columns: for people and for articles alike.
enum FigureTable {
  static func text(_ title: String, _ figures: [Figure]) -> String {
    var rows = [["\(title)", "unit", "median", "min … max", "reference", "median", "ratio"]]
    for figure in figures {
      let values = [
        figure.name, figure.unit, number(figure.median),
        "\(number(figure.values.min() ?? .nan)) … \(number(figure.values.max() ?? .nan))",
      ]
      if figure.references.isEmpty { rows.append(values + ["", "", ""]) }
      for (place, reference) in figure.references.enumerated() {
        let ratio = String(format: "%.2f", figure.ratios(to: reference).median)
        let lead = place == 0 ? values : ["", "", "", ""]
        rows.append(lead + [reference.name, number(reference.values.median), ratio])
      }
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let isNumber = [false, false, true, true, false, true, true]
    let lines = rows.map { row in
      "| "
        + zip(row, zip(widths, isNumber)).map { cell, column in
          let space = String(repeating: " ", count: column.0 - cell.count)
          return column.1 ? space + cell : cell + space
        }.joined(separator: " | ") + " |"
    }
    let rule =
      "|"
      + zip(widths, isNumber).map { width, isNumber in
        String(repeating: "-", count: width + 1) + (isNumber ? ":" : "-")
      }.joined(separator: "|") + "|"
    return ([MachineFacts.sentence, "", lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
  }

  /// Three significant digits.
  private static func number(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let size = abs(value)
    let digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
    return String(format: "%.\(digits)f", value)
  }
}
