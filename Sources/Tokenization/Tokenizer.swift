import SafeIO

/// A byte-level BPE tokenizer: text to token ids and back.
///
/// Ids are those of the `tokenizers` library for the same file. Encoding is safe by default: special
/// tokens that stand in the text (`<|im_end|>` typed by a user) are ordinary text.
///
/// Copies are cheap and may be used by several tasks at once.
public struct Tokenizer: Sendable {
  let storage: TokenizerStorage

  /// The token that begins a sequence, where the model has one.
  public internal(set) var beginningOfSequence: Int?
  /// The token that fills batches; it can be the same as one that ends sequences.
  public internal(set) var padding: Int?
  /// The token for what cannot be encoded.
  public internal(set) var unknown: Int?
  /// The tokens that end a turn or a text, the principal one first.
  public internal(set) var endOfSequence: [Int] = []
  /// How messages become text, where the model says so.
  public internal(set) var chatTemplate: ChatTemplate?

  /// `control` are ids that are never matched in ordinary text, besides the special tokens.
  init(_ definition: TokenizerDefinition, control: [Int] = []) throws {
    storage = try TokenizerStorage(definition, control: control)
    unknown = definition.unknownToken.flatMap { [storage] in storage.table.id(of: $0) }
  }

  /// One more than the greatest token id.
  public var vocabularySize: Int {
    var size = storage.table.strings.idLimit
    while size > 0, !storage.table.strings.contains(size - 1) { size -= 1 }
    return size
  }

  /// The id of the token that the vocabulary writes as `token`.
  public func id(of token: String) -> Int? { storage.table.id(of: token) }

  /// How the vocabulary writes the token `id`: for ordinary tokens in GPT-2's byte alphabet, where a
  /// space is `Ġ`.
  public func token(for id: Int) -> String? {
    guard storage.table.strings.contains(id) else { return nil }
    return String(decoding: storage.table.strings[id], as: UTF8.self)
  }

  /// Whether `id` is a control token, one that ordinary text never gives.
  public func isSpecial(_ id: Int) -> Bool { storage.special.contains(id) }

  /// Whether a text on its own is preceded by the beginning-of-sequence token.
  package var addsBeginningOfSequence: Bool {
    beginningOfSequence.map { storage.definition.prefix.contains($0) } ?? false
  }

  /// Ids that the tokenizer's post-processor puts before a text; `encode` does not add them.
  package var sequencePrefix: [Int] { storage.definition.prefix }

  /// Ids that the tokenizer's post-processor puts after a text; `encode` does not add them.
  package var sequenceSuffix: [Int] { storage.definition.suffix }

  /// Bytes that the vocabulary has no token for.
  ///
  /// Unless there is an unknown token, text loses them, as it does in `tokenizers`; SmolLM2 lacks
  /// 21, all control characters or invalid in most UTF-8.
  package var unencodableBytes: [UInt8] {
    (UInt8.min...UInt8.max).filter {
      storage.encoder.byteIDs[Int($0)] == BytePairEncoder.missing
    }
  }

  /// Refuses a tokenizer that has more tokens than the model has rows.
  package func requireFits(embeddingRows rows: Int) throws {
    let tokens = vocabularySize
    if tokens > rows { throw TokenizerError.vocabularyExceedsModel(tokens: tokens, rows: rows) }
  }

  /// A SHA-256 over everything that decides which ids a text gets: equal for a `tokenizer.json` and a
  /// GGUF that hold the same tokenizer.
  package var fingerprint: String {
    var bytes: [UInt8] = []
    func add(_ number: Int) {
      withUnsafeBytes(of: Int64(number).littleEndian) { bytes.append(contentsOf: $0) }
    }
    func add(_ text: some Collection<UInt8>) {
      add(text.count)
      bytes.append(contentsOf: text)
    }
    let definition = storage.definition
    add(definition.preTokenizer.rawValue.utf8)
    add(definition.composes ? 1 : 0)
    add(definition.ignoresMerges ? 1 : 0)
    add(definition.unknownToken == nil ? 0 : definition.fusesUnknown ? 2 : 1)
    add((definition.unknownToken ?? "").utf8)
    for id in 0..<vocabularySize { add(storage.table.strings[id]) }
    add(definition.merges.count)
    for (left, right) in definition.merges {
      add(left.utf8)
      add(right.utf8)
    }
    for token in definition.addedTokens.sorted(by: { $0.id < $1.id }) {
      add(token.id)
      add(token.isSpecial ? 1 : 0)
      add((token.stripsLeft ? 1 : 0) + (token.stripsRight ? 2 : 0))
    }
    return FileHash.sha256(of: bytes)
  }
}
