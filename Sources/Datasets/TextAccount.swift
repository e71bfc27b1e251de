package import SafeIO

/// What was read from files of text: nothing that was left out goes uncounted.
public struct TextAccount: Sendable, Equatable {
  /// Files that were read to their end.
  public var files = 0
  /// Text files, and rows of JSONL files that have a text.
  public var documents = 0
  /// Bytes of text that were handed out.
  public var bytes = 0
  /// Pieces that were handed out.
  public var pieces = 0
  /// Pieces that are not UTF-8; their bytes were handed out as they stand.
  public var piecesWithInvalidUTF8 = 0
  /// Bytes that no valid UTF-8 sequence holds.
  public var invalidBytes = 0
  /// Rows of JSONL files.
  public var rows = 0
  /// Rows without the field, or with an empty text there: nothing of them was handed out.
  public var rowsWithoutText = 0

  /// An account of nothing.
  public init() {}

  /// The account as it stands in reports.
  package var json: JSON {
    [
      "files": JSON(files), "documents": JSON(documents), "bytes": JSON(bytes),
      "pieces": JSON(pieces), "pieces_with_invalid_utf8": JSON(piecesWithInvalidUTF8),
      "invalid_bytes": JSON(invalidBytes), "rows": JSON(rows),
      "rows_without_text": JSON(rowsWithoutText),
    ]
  }
}
