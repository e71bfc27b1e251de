import SafeIO

/// Writes a `TokenStore`, document after document.
package struct TokenStoreWriter {
  /// Ids written so far.
  package private(set) var tokenCount = 0
  /// Documents written so far.
  package var documentCount: Int { ends.count }
  private var ends: [UInt64] = []
  private let isNarrow: Bool
  private var sink: FileSink

  private init(vocabularySize: Int, sink: FileSink) {
    isNarrow = vocabularySize <= 1 << 16
    self.sink = sink
  }

  /// Writes a store, whole or not at all.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - vocabularySize: All ids are below it.
  ///   - body: Adds the documents.
  /// - Throws: `IOFailure`; what `body` throws.
  package static func write(
    to path: String, vocabularySize: Int, _ body: (inout TokenStoreWriter) throws -> Void
  ) throws {
    try AtomicFile.write(to: path) { sink in
      var writer = TokenStoreWriter(vocabularySize: vocabularySize, sink: sink)
      try body(&writer)
      try writer.finish()
      sink = writer.sink
    }
  }

  /// Adds a document; one of fewer than two ids has nothing to predict and is left out.
  ///
  /// - Returns: Whether it was added.
  @discardableResult
  package mutating func add(_ ids: [Int]) throws -> Bool {
    guard ids.count >= 2 else { return false }
    if isNarrow {
      try ids.map { UInt16(truncatingIfNeeded: $0).littleEndian }
        .withUnsafeBytes { try sink.write($0) }
    } else {
      try ids.map { Int32(truncatingIfNeeded: $0).littleEndian }
        .withUnsafeBytes { try sink.write($0) }
    }
    tokenCount += ids.count
    ends.append(UInt64(tokenCount))
    return true
  }

  private mutating func finish() throws {
    try ends.map(\.littleEndian).withUnsafeBytes { try sink.write($0) }
    var footer = TokenStore.magic
    for number in [TokenStore.version, isNarrow ? 2 : 4] {
      withUnsafeBytes(of: number.littleEndian) { footer.append(contentsOf: $0) }
    }
    for number in [UInt64(tokenCount), UInt64(ends.count)] {
      withUnsafeBytes(of: number.littleEndian) { footer.append(contentsOf: $0) }
    }
    try sink.write(footer)
  }
}
