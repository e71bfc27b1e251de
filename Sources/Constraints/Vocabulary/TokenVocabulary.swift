public import Tokenization

/// The tokens of a tokenizer by the bytes that they stand for; built once and shared.
public struct TokenVocabulary: Sendable {
  let storage: Storage

  /// Immutable, and shared by all grammars.
  final class Storage: Sendable {
    let size: Int
    let ends: [Int]
    let arena: [UInt8]
    let starts: [Int32]
    let trie: TokenTrie
    /// The tokens that are not plain text inside a JSON string.
    let marked: TokenTrie
    /// Plain tokens of at most n characters, by n.
    let plain: [TokenMask]
    /// More characters than any token has, counted generously: its bytes.
    var mostCharacters: Int { trie.deepest }
    /// Whether the byte alone is a token.
    let hasByte: [Bool]

    init(size: Int, ends: [Int], bytes: (Int) -> [UInt8]?) {
      self.size = size
      self.ends = ends
      var arena: [UInt8] = []
      var starts: [Int32] = [0]
      var hasByte = [Bool](repeating: false, count: 256)
      for id in 0..<size {
        if let text = bytes(id), text.count <= 1024 {
          arena.append(contentsOf: text)
          if text.count == 1 { hasByte[Int(text[0])] = true }
        }
        starts.append(Int32(arena.count))
      }
      let all = (0..<size).map { arena[Int(starts[$0])..<Int(starts[$0 + 1])] }
      let sorted = (0..<size).filter { !all[$0].isEmpty }
        .sorted { Storage.precedes(all[$0], all[$1], $0, $1) }
        .map { (bytes: all[$0], token: $0) }
      trie = TokenTrie(sorted: sorted)
      var marked: [(bytes: ArraySlice<UInt8>, token: Int)] = []
      var plain: [TokenMask] = [TokenMask(vocabularySize: size)]
      for entry in sorted {
        guard let count = Storage.plainCharacters(entry.bytes) else {
          marked.append(entry)
          continue
        }
        while plain.count <= count { plain.append(TokenMask(vocabularySize: size)) }
        plain[count].insert(entry.token)
      }
      for count in plain.indices.dropFirst() { plain[count].formUnion(plain[count - 1]) }
      self.marked = TokenTrie(sorted: marked)
      self.plain = plain
      self.hasByte = hasByte
      self.arena = arena
      self.starts = starts
    }

    func bytes(of token: Int) -> ArraySlice<UInt8> {
      guard token >= 0, token < size else { return [] }
      return arena[Int(starts[token])..<Int(starts[token + 1])]
    }

    private static func precedes(
      _ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>, _ first: Int, _ second: Int
    ) -> Bool {
      let common = min(a.count, b.count)
      let order = a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
          var place = 0
          while place < common, a[place] == b[place] { place += 1 }
          return place == common ? 0 : Int(a[place]) - Int(b[place])
        }
      }
      if order != 0 { return order < 0 }
      return a.count == b.count ? first < second : a.count < b.count
    }

    /// The characters of a token that is whole characters of a JSON string that need no escape.
    private static func plainCharacters(_ bytes: ArraySlice<UInt8>) -> Int? {
      guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) else { return nil }
      if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.count }
      let text = String(decoding: bytes, as: UTF8.self)
      return text.utf8.elementsEqual(bytes) ? text.unicodeScalars.count : nil
    }
  }

  /// The tokens of `tokenizer`; control tokens are never part of a text.
  ///
  /// - Parameters:
  ///   - tokenizer: Whose tokens.
  ///   - endOfSequence: The tokens that end a text, if not those of the tokenizer.
  public init(_ tokenizer: Tokenizer, endOfSequence: [Int]? = nil) {
    let ends = endOfSequence ?? tokenizer.endOfSequence
    let never = Set(ends)
    storage = Storage(size: tokenizer.vocabularySize, ends: ends) { id in
      guard !tokenizer.isSpecial(id), !never.contains(id), tokenizer.token(for: id) != nil
      else { return nil }
      return tokenizer.decodeBytes(CollectionOfOne(id))
    }
  }

  /// Tokens given by their bytes; an empty one is never part of a text.
  ///
  /// - Parameters:
  ///   - tokens: The bytes of each id.
  ///   - endOfSequence: The tokens that end a text.
  public init(tokens: [[UInt8]], endOfSequence: [Int]) {
    let never = Set(endOfSequence)
    storage = Storage(size: tokens.count, ends: endOfSequence) {
      never.contains($0) ? nil : tokens[$0]
    }
  }

  /// One more than the greatest token id.
  public var count: Int { storage.size }

  /// The tokens that end a text.
  public var endOfSequence: [Int] { storage.ends }

  /// The bytes of `token`; none for control tokens and ids out of range.
  public func bytes(of token: Int) -> [UInt8] { Array(storage.bytes(of: token)) }
}
