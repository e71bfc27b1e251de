import SafeIO
package import Tokenization

/// Turns files of text into two token stores: what a model is pre-trained on, and what it is validated on.
///
/// Rows with `messages`, or `prompt` and `completion`, go through the chat template; all other text is
/// taken as it is. Each document begins and ends as the tokenizer says that a sequence does.
package struct CorpusTokenizer: Sendable {
  /// Text files are cut into documents of this many bytes, so that some of a single file can be held out.
  package static let pieceBytes = 32 << 10

  private let tokenizer: Tokenizer
  private let field: String?
  private let heldOutShare: Double
  private let prefix: [Int]
  private let suffix: [Int]

  /// - Parameters:
  ///   - tokenizer: Gives the ids.
  ///   - field: The key of JSONL rows that holds the text; nil finds the format of each row.
  ///   - heldOutShare: The share of documents that is held out, chosen by their content.
  package init(tokenizer: Tokenizer, field: String? = nil, heldOutShare: Double = 0) {
    (self.tokenizer, self.field, self.heldOutShare) = (tokenizer, field, heldOutShare)
    prefix = tokenizer.sequencePrefix
    suffix = tokenizer.endOfSequence.first.map { [$0] } ?? []
  }

  /// Tokenises everything.
  ///
  /// - Parameters:
  ///   - training: Files of text.
  ///   - validation: Files that are held out whole; with any, no share of `training` is.
  ///   - directory: Receives `train.tokens` and `valid.tokens`; it exists.
  ///   - proceed: Called with the bytes read so far; what it throws ends the work.
  /// - Returns: What was read.
  /// - Throws: `DatasetError`, `IOFailure`; what `proceed` throws.
  package func write(
    training: [String], validation: [String], to directory: String,
    proceed: (_ bytesRead: Int) throws -> Void = { _ in }
  ) throws -> CorpusAccount {
    var account = CorpusAccount()
    let size = tokenizer.vocabularySize
    try TokenStoreWriter.write(to: "\(directory)/train.tokens", vocabularySize: size) { train in
      try TokenStoreWriter.write(to: "\(directory)/valid.tokens", vocabularySize: size) { valid in
        let share = validation.isEmpty ? heldOutShare : 0
        try forEachDocument(of: training, &account, proceed) { ids, account in
          if isHeldOut(ids, share: share) {
            try add(ids, to: &valid, isHeldOut: true, &account)
          } else {
            try add(ids, to: &train, isHeldOut: false, &account)
          }
        }
        try forEachDocument(of: validation, &account, proceed) { ids, account in
          try add(ids, to: &valid, isHeldOut: true, &account)
        }
      }
    }
    return account
  }

  private func add(
    _ ids: [Int], to writer: inout TokenStoreWriter, isHeldOut: Bool,
    _ account: inout CorpusAccount
  ) throws {
    guard try writer.add(ids) else {
      account.tooShort += 1
      return
    }
    let bytes = tokenizer.decodeBytes(ids.lazy.filter { !tokenizer.isSpecial($0) }).count
    if isHeldOut {
      account.heldOut += 1
      account.heldOutTokens += ids.count
      account.heldOutBytes += bytes
    } else {
      account.documents += 1
      account.tokens += ids.count
      account.bytes += bytes
    }
  }

  private func forEachDocument(
    of paths: [String], _ account: inout CorpusAccount, _ proceed: (Int) throws -> Void,
    _ body: ([Int], inout CorpusAccount) throws -> Void
  ) throws {
    var bytesRead = 0
    for path in paths {
      if field == nil, TextDocuments.isJSONL(path) {
        try forEachRow(of: path, &account, { try proceed(bytesRead + $0) }, body)
      } else {
        let read = try TextDocuments(paths: [path], field: field, pieceBytes: Self.pieceBytes)
          .forEach { piece in
            let ids = tokenizer.encode(bytes: piece.bytes)
            try body(
              (piece.startsDocument ? prefix : []) + ids + (piece.endsDocument ? suffix : []),
              &account)
            try proceed(bytesRead + piece.bytesRead)
          }
        account.invalidBytes += read.invalidBytes
        account.rowsWithoutText += read.rowsWithoutText
      }
      bytesRead += try InputFile(path: path).size
    }
  }

  private func forEachRow(
    of path: String, _ account: inout CorpusAccount, _ proceed: (Int) throws -> Void,
    _ body: ([Int], inout CorpusAccount) throws -> Void
  ) throws {
    var builder = ExampleBuilder(tokenizer: tokenizer, maxLength: .max)
    var bytesRead = 0
    var documents = 0
    try JSONLines.forEach(path: path, maxLineBytes: RowReader.maxLineBytes) { line, bytes in
      bytesRead += bytes.count + 1
      let example: Example?
      do throws(RowProblem) {
        example = try builder.example(from: RowReader.row(bytes, line: line, path: path))
      } catch {
        throw DatasetError.rows([error], total: 1)
      }
      guard let example else { return }
      documents += 1
      try body(example.ids.map { Int($0) }, &account)
      try proceed(bytesRead)
    }
    if documents == 0 { throw DatasetError.empty(path: path) }
    account.ignoredKeys.merge(builder.account.ignoredKeys, uniquingKeysWith: +)
  }

  /// Whether a document is held out: decided by its content, so that copies stay together.
  private func isHeldOut(_ ids: [Int], share: Double) -> Bool {
    guard share > 0 else { return false }
    let hash = ids.reduce(StableHash.start) { StableHash.adding($1, to: $0) }
    var generator = SplitMix64(seed: hash)
    return Double(generator.next() >> 11) * 0x1p-53 < share
  }
}
