/// Files of one JSON value a line.
package enum JSONLines {
  private static let chunkBytes = 1 << 20

  /// Calls `body` with each line that is not blank, without its end of line.
  ///
  /// Lines end with LF or CRLF; the last one need not end at all. A byte order mark is skipped.
  /// Memory is bounded by the longest line.
  ///
  /// - Parameters:
  ///   - path: A regular file.
  ///   - maxLineBytes: Longer lines are refused.
  ///   - body: Gets the 1-based line number, blank lines counted, and the bytes.
  /// - Throws: `IOFailure`, and what `body` throws.
  package static func forEach(
    path: String, maxLineBytes: Int = 16 << 20,
    _ body: (_ lineNumber: Int, _ bytes: [UInt8]) throws -> Void
  ) throws {
    let file = try InputFile(path: path)
    var line: [UInt8] = []
    var number = 1
    var offset = 0

    func deliver() throws {
      if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
      if line.last == 0x0D { line.removeLast() }
      if line.contains(where: { $0 != 0x20 && $0 != 0x09 }) { try body(number, line) }
      line.removeAll(keepingCapacity: line.count < chunkBytes)
      number += 1
    }

    while offset < file.size {
      let chunk = try file.read(offset: offset, count: min(chunkBytes, file.size - offset))
      offset += chunk.count
      var rest = chunk[...]
      while !rest.isEmpty {
        let end = rest.firstIndex(of: 0x0A)
        let piece = rest[..<(end ?? rest.endIndex)]
        guard piece.count <= maxLineBytes - line.count else {
          throw IOFailure(path, .lineTooLong(line: number, limit: maxLineBytes))
        }
        line.append(contentsOf: piece)
        guard let end else { break }
        try deliver()
        rest = rest[(end + 1)...]
      }
    }
    if !line.isEmpty { try deliver() }
    try file.checkUnchanged()
  }
}
