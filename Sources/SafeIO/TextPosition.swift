/// A place in a text: line and column are 1-based, columns count characters (Unicode scalars).
///
/// Kept in 12 bytes, since every JSON value has one; numbers beyond `UInt32` stop there.
package struct TextPosition: Sendable, Equatable, CustomStringConvertible {
  private var storedLine: UInt32
  private var storedColumn: UInt32
  private var storedOffset: UInt32

  /// The position of a value that no text was read for.
  package static let none = TextPosition(line: 0, column: 0, byteOffset: 0)

  package init(line: Int, column: Int, byteOffset: Int) {
    storedLine = UInt32(clamping: line)
    storedColumn = UInt32(clamping: column)
    storedOffset = UInt32(clamping: byteOffset)
  }

  package var line: Int { Int(storedLine) }
  package var column: Int { Int(storedColumn) }
  package var byteOffset: Int { Int(storedOffset) }

  package var description: String { "\(line):\(column)" }
}
