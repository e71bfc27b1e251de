/// A place in a text: line and column are 1-based, columns count characters (Unicode scalars).
package struct TextPosition: Sendable, Equatable, CustomStringConvertible {
  package var line: Int
  package var column: Int
  package var byteOffset: Int

  /// The position of a value that no text was read for.
  package static let none = TextPosition(line: 0, column: 0, byteOffset: 0)

  package init(line: Int, column: Int, byteOffset: Int) {
    self.line = line
    self.column = column
    self.byteOffset = byteOffset
  }

  package var description: String { "\(line):\(column)" }
}
