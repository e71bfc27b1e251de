import SafeIO

/// The text of files, in order and piece by piece, however large the files are.
///
/// A file whose name ends with `.jsonl` has a document a row; any other file is one document. Memory is
/// bounded by the size of a piece, and by the longest line of a JSONL file (16 MiB at most).
///
/// ```swift
/// let documents = try TextDocuments(paths: ["novel.txt", "stories.jsonl"])
/// let account = try documents.forEach { piece in
///   count += piece.bytes.count
/// }
/// ```
public struct TextDocuments: Sendable {
  /// The files, in the order in which they are read.
  public let paths: [String]
  /// The key of a row that holds its text.
  ///
  /// Where it is nil, that is `text`, or else all that a training row says: `prompt`, `completion` and the
  /// `content` of `messages`, joined with line feeds.
  public let field: String?
  /// Bytes of all files.
  public let totalBytes: Int
  private let pieceBytes: Int

  /// Looks at the sizes of the files; reads none of them.
  ///
  /// - Parameters:
  ///   - paths: Text files and JSONL files; no directories.
  ///   - field: The key of a row that holds its text, or nil to look for it.
  ///   - pieceBytes: The longest piece, in bytes; at least 16.
  /// - Throws: `DatasetError.emptyText` for a file without a byte; `IOFailure` for what is no file that
  ///   can be read.
  public init(paths: [String], field: String? = nil, pieceBytes: Int = 1 << 20) throws {
    var total = 0
    for path in paths {
      let size = try Self.open(path).size
      if size == 0 { throw DatasetError.emptyText(path: path) }
      total += size
    }
    self.paths = paths
    self.field = field
    self.pieceBytes = max(16, pieceBytes)
    totalBytes = total
  }

  /// Hands out the text of all files, from the first byte to the last.
  ///
  /// The pieces of a text file end after a line feed, so that no word is cut; only a line longer than a
  /// piece is cut elsewhere, between two characters. A byte order mark is left out.
  ///
  /// - Parameter body: Gets the pieces in order.
  /// - Returns: What was read, and what was left out.
  /// - Throws: `DatasetError` for a binary file, a row that is not JSON, or a file without a text;
  ///   `IOFailure`; what `body` throws.
  @discardableResult
  public func forEach(_ body: (TextPiece) throws -> Void) throws -> TextAccount {
    var account = TextAccount()
    var bytesBefore = 0
    for path in paths {
      let file = try Self.open(path)
      if Self.isJSONL(path) {
        try forEachRow(path, from: bytesBefore, &account, body)
      } else {
        try forEachPiece(file, from: bytesBefore, &account, body)
      }
      account.files += 1
      bytesBefore += file.size
    }
    return account
  }

  /// Whether the name says that each line is a JSON value.
  static func isJSONL(_ path: String) -> Bool { path.lowercased().hasSuffix(".jsonl") }

  private static func open(_ path: String) throws -> InputFile {
    do {
      return try InputFile(path: path)
    } catch var failure as IOFailure {
      failure.failureClass = .dataset
      throw failure
    }
  }

  /// Counts a piece and hands it out.
  private func deliver(
    _ piece: TextPiece, _ account: inout TextAccount, _ body: (TextPiece) throws -> Void
  ) throws {
    account.pieces += 1
    account.bytes += piece.bytes.count
    if piece.startsDocument { account.documents += 1 }
    let invalid = UTF8Check.invalidBytes(in: piece.bytes)
    account.invalidBytes += invalid
    if invalid > 0 { account.piecesWithInvalidUTF8 += 1 }
    try body(piece)
  }

  // MARK: Text files

  private func forEachPiece(
    _ file: InputFile, from bytesBefore: Int, _ account: inout TextAccount,
    _ body: (TextPiece) throws -> Void
  ) throws {
    var offset = 0
    var isFirst = true
    var held: [UInt8] = []
    while offset < file.size {
      let chunk = try file.read(
        offset: offset, count: min(pieceBytes - held.count, file.size - offset))
      if let place = chunk.firstIndex(of: 0) {
        throw DatasetError.binary(path: file.path, offset: offset + place)
      }
      offset += chunk.count
      held.append(contentsOf: chunk)
      if isFirst, held.starts(with: [0xEF, 0xBB, 0xBF]) { held.removeFirst(3) }
      let isLast = offset == file.size
      let cut = isLast ? held.count : TextCut.end(of: held)
      if isLast && held.isEmpty { break }
      let piece = TextPiece(
        bytes: Array(held[..<cut]), startsDocument: isFirst, endsDocument: isLast,
        bytesRead: bytesBefore + offset - (held.count - cut))
      held.removeFirst(cut)
      isFirst = false
      try deliver(piece, &account, body)
    }
    if isFirst { throw DatasetError.emptyText(path: file.path) }
    try file.checkUnchanged()
  }

  // MARK: JSONL files

  private func forEachRow(
    _ path: String, from bytesBefore: Int, _ account: inout TextAccount,
    _ body: (TextPiece) throws -> Void
  ) throws {
    var bytesRead = bytesBefore
    let rowsBefore = account.rows
    let documentsBefore = account.documents
    try JSONLines.forEach(path: path, maxLineBytes: RowReader.maxLineBytes) { line, bytes in
      bytesRead += bytes.count + 1
      account.rows += 1
      let text = try RowText(path: path, line: line, field: field).text(of: bytes)
      guard !text.isEmpty else {
        account.rowsWithoutText += 1
        return
      }
      var start = 0
      while start < text.count {
        var end = min(start + pieceBytes, text.count)
        if end < text.count { end = start + TextCut.end(of: text[start..<end]) }
        let piece = TextPiece(
          bytes: Array(text[start..<end]), startsDocument: start == 0,
          endsDocument: end == text.count, bytesRead: min(bytesRead, totalBytes))
        start = end
        try deliver(piece, &account, body)
      }
    }
    if account.rows == rowsBefore { throw DatasetError.empty(path: path) }
    if account.documents == documentsBefore {
      throw DatasetError.noText(path: path, rows: account.rows - rowsBefore, field: field)
    }
  }
}

/// Where a text that goes on may be cut.
enum TextCut {
  /// The length of the longest beginning of `bytes` that ends after a line feed, or, where there is no
  /// line feed, between two characters; at least 1.
  static func end(of bytes: some BidirectionalCollection<UInt8>) -> Int {
    if let place = bytes.lastIndex(of: 0x0A) {
      return bytes.distance(from: bytes.startIndex, to: place) + 1
    }
    // A character's last byte may be missing where at most three come after its first.
    let tail = Array(bytes.suffix(3))
    for (place, byte) in tail.enumerated().reversed() where byte >= 0xC0 {
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      let cut = bytes.count - (tail.count - place)
      return tail.count - place < length && cut > 0 ? cut : bytes.count
    }
    return bytes.count
  }
}
