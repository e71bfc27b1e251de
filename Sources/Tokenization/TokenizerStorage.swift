import SafeIO
import Synchronization

/// The checked, indexed and immutable inside of a tokenizer, shared by its copies.
final class TokenizerStorage: Sendable {
  let definition: TokenizerDefinition
  /// Tokens as the vocabulary writes them.
  let table: TokenTable
  /// What each token stands for.
  let bytes: ByteStrings
  /// Words by the bytes they stand for; filled only if the merges may be ignored.
  let wholeWords: TokenTable?
  let encoder: BytePairEncoder
  let special: Set<Int>
  /// Matchers over all added tokens and over those that are not special, before and after
  /// normalization.
  let all: (raw: AddedTokenMatcher?, normalized: AddedTokenMatcher?)
  let plain: (raw: AddedTokenMatcher?, normalized: AddedTokenMatcher?)
  /// Word caches that no call is using.
  let caches = Mutex<[WordCache]>([])

  /// `control` are ids that count as special besides those that are marked so.
  init(_ definition: TokenizerDefinition, control: [Int] = []) throws {
    var definition = definition
    let limit = 4 * (definition.vocabulary.count + definition.addedTokens.count)
    var idLimit = 0
    for (text, id) in definition.vocabulary {
      guard id >= 0, id < limit else {
        throw TokenizerError.idOutOfRange(token: text, id: "\(id)", limit: limit)
      }
      idLimit = max(idLimit, id + 1)
    }
    var table = TokenTable(
      idLimit: idLimit + definition.addedTokens.count,
      capacity: definition.vocabulary.count + definition.addedTokens.count)
    for (text, id) in definition.vocabulary {
      if table.strings.contains(id) {
        throw TokenizerError.duplicateID(
          id, first: String(decoding: table.strings[id], as: UTF8.self), second: text)
      }
      var text = text
      if let other = text.withUTF8({ table.insert($0, id: id) }) {
        throw TokenizerError.duplicateToken(text, firstID: other, secondID: id)
      }
    }
    encoder = try Self.encoder(definition, table)
    let modelCount = table.count
    try Self.insert(definition.addedTokens, into: &table, modelCount: modelCount)

    var bytes = ByteStrings(idLimit: table.strings.idLimit)
    for (text, id) in definition.vocabulary {
      bytes.set(id, ByteAlphabet.bytes(of: text) ?? Array(text.utf8))
    }
    for token in definition.addedTokens { bytes.set(token.id, token.content.utf8) }
    wholeWords = definition.ignoresMerges ? Self.words(definition, bytes) : nil

    special = Set(definition.addedTokens.lazy.filter(\.isSpecial).map(\.id)).union(control)
    for index in definition.addedTokens.indices {
      if special.contains(definition.addedTokens[index].id) {
        definition.addedTokens[index].isSpecial = true
      }
      // Without a normalizer the distinction only sets the order of the two passes.
      if definition.composes, definition.addedTokens[index].matchesNormalized {
        let content = definition.addedTokens[index].content
        definition.addedTokens[index].content = Normalization.composed(content)
      }
    }
    let added = definition.addedTokens
    func matchers(_ tokens: [AddedToken]) -> (AddedTokenMatcher?, AddedTokenMatcher?) {
      (
        AddedTokenMatcher(tokens.filter { !$0.matchesNormalized }),
        AddedTokenMatcher(tokens.filter(\.matchesNormalized))
      )
    }
    all = matchers(added)
    plain = matchers(added.filter { !$0.isSpecial })
    self.table = table
    self.bytes = bytes
    self.definition = definition
  }

  private static func insert(
    _ tokens: [AddedToken], into table: inout TokenTable, modelCount: Int
  ) throws {
    var greatest = -1
    for token in tokens {
      func refuse(_ problem: TokenizerError.AddedTokenProblem) -> TokenizerError {
        .addedToken(content: token.content, id: token.id, problem: problem)
      }
      guard !token.content.isEmpty else { throw refuse(.empty) }
      let length = token.content.utf8.count
      guard length <= AddedToken.longestContent else {
        throw refuse(.tooLong(bytes: length, limit: AddedToken.longestContent))
      }
      if let id = table.id(of: token.content) {
        guard id == token.id else { throw refuse(.textTaken(id: id)) }
      } else {
        if table.strings.contains(token.id) {
          let other = String(decoding: table.strings[token.id], as: UTF8.self)
          throw refuse(.idTaken(by: other))
        }
        // The id that `tokenizers` gives, whatever the file says.
        let expected = max(greatest + 1, modelCount)
        guard token.id == expected, token.id < table.strings.idLimit else {
          throw refuse(.gap(expected: expected))
        }
        var content = token.content
        _ = content.withUTF8 { table.insert($0, id: token.id) }
      }
      greatest = max(greatest, token.id)
    }
  }

  private static func encoder(
    _ definition: TokenizerDefinition, _ table: TokenTable
  ) throws -> BytePairEncoder {
    var merges = MergeTable(capacity: definition.merges.count)
    var joined: [UInt8] = []
    for (rank, (left, right)) in definition.merges.enumerated() {
      func find(_ part: String, _ text: String) throws -> Int {
        guard let id = table.id(of: part) else {
          throw TokenizerError.mergeOfAbsentToken(
            index: rank, left: left, right: right, absent: text)
        }
        return id
      }
      joined.removeAll(keepingCapacity: true)
      joined.append(contentsOf: left.utf8)
      joined.append(contentsOf: right.utf8)
      guard let result = joined.withUnsafeBufferPointer({ table.id(of: $0) }) else {
        throw TokenizerError.mergeOfAbsentToken(
          index: rank, left: left, right: right, absent: left + right)
      }
      merges.insert(try find(left, left), try find(right, right), rank: rank, result: result)
    }
    var unknown: UInt32?
    if let token = definition.unknownToken {
      guard let id = table.id(of: token) else {
        throw TokenizerError.specialTokenAbsent(name: "model.unk_token", token: token)
      }
      unknown = UInt32(id)
    }
    let byteIDs = (0..<256).map { byte in
      table.id(of: ByteAlphabet.text(of: CollectionOfOne(UInt8(byte)))).map { UInt32($0) }
        ?? BytePairEncoder.missing
    }
    return BytePairEncoder(
      byteIDs: byteIDs, merges: merges, unknown: unknown, fusesUnknown: definition.fusesUnknown)
  }

  private static func words(_ definition: TokenizerDefinition, _ bytes: ByteStrings) -> TokenTable {
    var words = TokenTable(idLimit: bytes.idLimit, capacity: definition.vocabulary.count)
    for (text, id) in definition.vocabulary where ByteAlphabet.bytes(of: text) != nil {
      _ = Array(bytes[id]).withUnsafeBufferPointer { words.insert($0, id: id) }
    }
    return words
  }
}
