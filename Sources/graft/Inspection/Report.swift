import SafeIO

/// What there is to say about a thing, for people and, side by side, for programs.
struct Report {
  private(set) var json = JSONObject()
  private(set) var lines: [String] = []
  private(set) var warnings: [String] = []

  private static let labelWidth = 16

  /// Says something to programs.
  mutating func set(_ key: String, _ value: JSON?) { json[key] = value ?? JSON.null }

  /// Says something to people: a label, and a text that is broken where the line would be too long.
  mutating func say(_ label: String, _ text: String) {
    let room = TextTable.limit - Self.labelWidth - 2
    var rest = text.escapedForMessage(limit: 2000)[...]
    var head = label.padded(to: Self.labelWidth)
    repeat {
      var line = rest.prefix(room)
      if line.count < rest.count, let space = line.lastIndex(of: " "), space > line.startIndex {
        line = line[..<space]
      }
      lines.append("  " + head + line)
      rest = rest.dropFirst(line.count)
      while rest.first == " " { rest.removeFirst() }
      head = "".padded(to: Self.labelWidth)
    } while !rest.isEmpty
  }

  /// Says the same to both.
  mutating func say(_ label: String, _ text: String, _ key: String, _ value: JSON) {
    say(label, text)
    set(key, value)
  }

  /// Shows a table to people.
  mutating func show(_ table: TextTable) { lines += table.lines() }

  /// Shows text as it stands, but for control characters.
  mutating func show(text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      lines.append(
        line.isEmpty ? "" : "  " + String(line).escapedForMessage(limit: 1 << 20))
    }
  }

  /// Warns both.
  mutating func warn(_ text: String) {
    lines.append("  warning: " + text)
    warnings.append(text)
    json["warnings"] = JSON(warnings)
  }

  /// A part under a title, and under a key of its own.
  mutating func add(_ key: String, _ title: String, _ part: Report) {
    show(title, part)
    set(key, JSON(part.json))
  }

  /// The parts of another report, as if they had been said here.
  mutating func join(_ title: String, _ part: Report) {
    show(title, part)
    for (key, value) in part.json { set(key, value) }
  }

  private mutating func show(_ title: String, _ part: Report) {
    if !lines.isEmpty { lines.append("") }
    if !title.isEmpty { lines.append(title) }
    lines += part.lines
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
