import SafeIO

/// Rows of text in aligned columns, for people.
struct TextTable {
  struct Column: ExpressibleByStringLiteral {
    var title: String
    var isNumeric = false

    init(stringLiteral title: String) { self.title = title }

    private init(title: String, isNumeric: Bool) {
      (self.title, self.isNumeric) = (title, isNumeric)
    }

    /// A column whose cells end at its right edge.
    static func number(_ title: String) -> Column { Column(title: title, isNumeric: true) }
  }

  /// The widest line that is written.
  static let limit = 100

  private let columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; cells that it lacks are empty.
  mutating func add(_ cells: [String]) {
    let shown = cells.map { $0.escapedForMessage(limit: 400) }
    rows.append(shown + Array(repeating: "", count: max(0, columns.count - shown.count)))
  }

  /// The lines, each behind `indent` spaces; the titles come first unless all are empty.
  func lines(indent: Int = 2) -> [String] {
    let titles = columns.map(\.title)
    let all = (titles.allSatisfy(\.isEmpty) ? [] : [titles]) + rows
    var widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    while indent + widths.reduce(0, +) + 2 * (widths.count - 1) > Self.limit,
      let widest = columns.indices.filter({ !columns[$0].isNumeric })
        .max(by: { widths[$0] < widths[$1] }),
      widths[widest] > 8
    { widths[widest] -= 1 }
    return all.map { row in
      var line = String(repeating: " ", count: indent)
      for (index, column) in columns.enumerated() {
        let cell =
          row[index].count > widths[index]
          ? row[index].prefix(widths[index] - 1) + "…" : row[index][...]
        let space = String(repeating: " ", count: widths[index] - cell.count)
        line += (index > 0 ? "  " : "") + (column.isNumeric ? space + cell : cell + space)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
