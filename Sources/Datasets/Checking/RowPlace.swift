package import SafeIO

/// Where a row stands.
package struct RowPlace: Sendable, Equatable {
  package var path: String
  /// 1-based.
  package var line: Int

  init(_ row: LoadedRow) {
    path = row.path
    line = row.line
  }

  package var json: JSON { ["file": JSON(path), "line": JSON(line)] }
}
