import SafeIO

/// Reads JSONL files whose rows name their own format.
public enum RowReader {
  /// The longest line that is read.
  public static let maxLineBytes = 16 << 20

  /// The rows of a file.
  ///
  /// The format is found row by row. All rows are looked at before anything is thrown, so that
  /// one error can tell all that is to be mended.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - requiringOneFormat: Refuses a file whose rows are of several formats.
  /// - Returns: The rows in file order, at least one.
  /// - Throws: `DatasetError`; a `UserFacingError` for a file that cannot be read.
  public static func rows(
    path: String, requiringOneFormat: Bool = false
  ) throws -> [LoadedRow] {
    let file = try read(path: path)
    try file.problems.throwIfAny()
    guard !file.rows.isEmpty else { throw DatasetError.empty(path: path) }
    if requiringOneFormat { try refuseMixture(of: file.rows, path: path) }
    return file.rows
  }

  /// The rows of a file, and what is wrong with the lines that are none.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - maxProblems: How many problems are kept; all are counted.
  /// - Returns: Both; there may be no rows.
  /// - Throws: A `UserFacingError` for a file that cannot be read.
  package static func read(
    path: String, maxProblems: Int = DatasetError.reportLimit
  ) throws -> RowFile {
    var rows: [LoadedRow] = []
    var problems = ProblemList(limit: maxProblems)
    if let problem = try OtherFile.problem(of: path) {
      problems.add(problem)
      return RowFile(path: path, rows: [], problems: problems)
    }
    let endsWithLineFeed = try lastByte(of: path) == 0x0A
    var lastLine = 0
    do {
      try JSONLines.forEach(path: path, maxLineBytes: maxLineBytes) { line, bytes in
        lastLine = line
        do throws(RowProblem) {
          rows.append(try row(bytes, line: line, path: path))
        } catch {
          problems.add(error)
          if case .utf16 = error.kind { throw Stop() }
        }
      }
    } catch is Stop {
      // A file in another encoding has the same fault in every line.
    } catch let failure as IOFailure {
      guard case .lineTooLong(let line, let limit) = failure.reason else { throw failure }
      problems.add(RowProblem(path: path, line: line, .lineTooLong(limit: limit)))
    }
    if !endsWithLineFeed { problems.markUnfinished(line: lastLine) }
    return RowFile(path: path, rows: rows, problems: problems)
  }

  /// The row that one line holds.
  package static func row(
    _ bytes: [UInt8], line: Int, path: String
  ) throws(RowProblem) -> LoadedRow {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes, limits: .init(depth: 64, bytes: maxLineBytes))
    } catch {
      if line == 1, looksLikeUTF16(bytes) { throw RowProblem(path: path, line: 1, .utf16) }
      throw RowProblem(
        path: path, line: line, column: error.position.column,
        .json(error.reason, lastLineUnfinished: false))
    }
    var decoder = RowDecoder(path: path, line: line)
    let row = try decoder.row(from: json)
    return LoadedRow(
      row: row, path: path, line: line, ignoredKeys: decoder.ignoredKeys, format: decoder.format)
  }

  private static func looksLikeUTF16(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(2)
    return start == [0xFF, 0xFE] || start == [0xFE, 0xFF]
      || (start.contains(0) && start.contains(0x7B))
  }

  private static func lastByte(of path: String) throws -> UInt8? {
    let file = try InputFile(path: path)
    return file.size == 0 ? nil : try file.read(offset: file.size - 1, count: 1).first
  }

  private static func refuseMixture(of rows: [LoadedRow], path: String) throws {
    var firstLines: [DatasetError.FormatLine] = []
    for row in rows where !firstLines.contains(where: { $0.format == row.format }) {
      firstLines.append(.init(format: row.format, line: row.line))
    }
    if firstLines.count > 1 {
      throw DatasetError.mixedFormats(path: path, firstLines: firstLines)
    }
  }

  private struct Stop: Error {}
}
