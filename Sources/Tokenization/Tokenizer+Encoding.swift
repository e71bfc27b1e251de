import Synchronization

extension Tokenizer {
  /// The token ids of `text`.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - allowingSpecialTokens: Whether special tokens that are spelled out in the text become control
  ///     tokens. Never allow it for text that a user wrote.
  /// - Returns: The ids alone: nothing is put before or after them.
  /// - Complexity: O(n log w) for n bytes whose longest word has w.
  public func encode(_ text: String, allowingSpecialTokens: Bool = false) -> [Int] {
    var text = text
    return text.withUTF8 { run($0, allowingSpecialTokens, recordingStarts: false).ids }
  }

  /// The token ids of any bytes, valid UTF-8 or not; decoding gives the bytes back.
  package func encode(
    bytes: some Collection<UInt8>, allowingSpecialTokens: Bool = false
  ) -> [Int] {
    Array(bytes).withUnsafeBufferPointer {
      run($0, allowingSpecialTokens, recordingStarts: false).ids
    }
  }

  /// Ids, and where each token's text begins.
  struct Encoding {
    var ids: [Int] = []
    /// Byte offsets, as many as ids, or none if they were not asked for.
    var starts: [Int] = []
    var recordsStarts = false
  }

  /// Encodes with the byte offset of every token, for text that normalization leaves as it is.
  func encodeWithStarts(_ bytes: [UInt8]) -> Encoding {
    bytes.withUnsafeBufferPointer { run($0, false, recordingStarts: true) }
  }

  private func run(
    _ text: UnsafeBufferPointer<UInt8>, _ allowsSpecial: Bool, recordingStarts: Bool
  ) -> Encoding {
    var encoding = Encoding(recordsStarts: recordingStarts)
    encoding.ids.reserveCapacity(text.count / 3)
    let matchers = allowsSpecial ? storage.all : storage.plain
    CharacterClass.table.withUnsafeBufferPointer { classes in
      storage.encoder.merges.withReader { merges in
        // Taken without a second reference, so that the cache is written in place.
        var words = WordEncoder(
          storage: storage, classes: classes, merges: merges,
          cache: storage.caches.withLock { $0.popLast() } ?? WordCache())
        split(text, 0..<text.count, by: matchers.raw, classes, &encoding) { range, encoding in
          guard storage.definition.composes,
            let composed = Normalization.composed(UnsafeBufferPointer(rebasing: text[range]))
          else {
            split(text, range, by: matchers.normalized, classes, &encoding) {
              words.encode(text, $0, into: &$1)
            }
            return
          }
          composed.withUnsafeBufferPointer { text in
            split(text, 0..<text.count, by: matchers.normalized, classes, &encoding) {
              words.encode(text, $0, into: &$1)
            }
          }
        }
        storage.caches.withLock { $0.append(words.cache) }
      }
    }
    return encoding
  }

  private func split(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, by matcher: AddedTokenMatcher?,
    _ classes: UnsafeBufferPointer<UInt8>, _ encoding: inout Encoding,
    _ body: (Range<Int>, inout Encoding) -> Void
  ) {
    guard let matcher else {
      if !range.isEmpty { body(range, &encoding) }
      return
    }
    matcher.split(text, range, classes: classes) { piece in
      switch piece {
      case .text(let range): body(range, &encoding)
      case .token(let id, let range):
        encoding.ids.append(id)
        if encoding.recordsStarts { encoding.starts.append(range.lowerBound) }
      }
    }
  }
}

/// Encodes stretches of text without added tokens, word by word.
private struct WordEncoder {
  let storage: TokenizerStorage
  let classes: UnsafeBufferPointer<UInt8>
  let merges: MergeTable.Reader
  var cache: WordCache
  var scratch = BytePairEncoder.Scratch()

  mutating func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    into encoding: inout Tokenizer.Encoding
  ) {
    let rule = storage.definition.preTokenizer
    var scanner = WordScanner(text, in: range, rule: rule, classes: classes)
    while let word = scanner.next() {
      let first = encoding.ids.count
      if word.count <= WordCache.maximumWordLength {
        let key = WordCache.Key(text, word)
        if !cache.append(key, to: &encoding.ids) {
          encodeWord(text, word, into: &encoding.ids)
          cache.remember(key, encoding.ids[first...])
        }
      } else {
        encodeWord(text, word, into: &encoding.ids)
      }
      if encoding.recordsStarts { recordStarts(of: word, from: first, &encoding) }
    }
  }

  private mutating func encodeWord(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, into ids: inout [Int]
  ) {
    let bytes = UnsafeBufferPointer(rebasing: text[word])
    if let id = storage.wholeWords?.id(of: bytes) {
      ids.append(id)
    } else {
      storage.encoder.encode(bytes, merges, &scratch, into: &ids)
    }
  }

  /// Bytes without a token make the sum of lengths differ from the word's: the error ends with it.
  private func recordStarts(
    of word: Range<Int>, from first: Int, _ encoding: inout Tokenizer.Encoding
  ) {
    var start = word.lowerBound
    for id in encoding.ids[first...] {
      encoding.starts.append(min(start, word.upperBound - 1))
      start += storage.bytes.length(of: id)
    }
  }
}
