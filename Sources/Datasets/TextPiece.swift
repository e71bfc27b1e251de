/// A stretch of a document's text.
public struct TextPiece: Sendable, Equatable {
  /// The text as it stands in the file: any bytes but NUL, valid UTF-8 or not; at least one.
  public var bytes: [UInt8]
  /// Whether nothing of the document comes before.
  public var startsDocument: Bool
  /// Whether nothing of the document comes after.
  public var endsDocument: Bool
  /// How many bytes of all files have been read up to here, of `TextDocuments.totalBytes`.
  public var bytesRead: Int

  /// A piece of a document.
  public init(bytes: [UInt8], startsDocument: Bool, endsDocument: Bool, bytesRead: Int) {
    self.bytes = bytes
    self.startsDocument = startsDocument
    self.endsDocument = endsDocument
    self.bytesRead = bytesRead
  }
}
