/// What a new tokenizer is to be.
public struct BPETrainingOptions: Sendable, Equatable {
  /// Tokens of the finished vocabulary: special and reserved ones, the 256 bytes, and what is learnt.
  public var vocabularySize: Int
  /// The rule that cuts text into words, across which nothing merges.
  public var preTokenizer: PreTokenizer
  /// A pair that occurs less often is not merged.
  public var minimumFrequency: Int
  /// Control tokens besides those of the chat template, in the order of their ids.
  public var specialTokens: [String]
  /// Control tokens `<|reserved_0|>`… without a meaning yet, for what a fine-tune may need.
  public var reservedTokens: Int
  /// Threads that count words, 1 to 256; the result does not depend on it.
  public var threads: Int
  /// Bytes of memory that the work should stay below; the result depends on it only where even the
  /// distinct words do not fit, see `BPETrainer`.
  public var memory: Int
  /// Where word counts go that do not fit into the memory.
  public var scratchDirectory: String

  /// The special tokens that every trained tokenizer has, with the ids 0, 1 and 2.
  public static let standardTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
  /// The most tokens that a vocabulary may have.
  public static let largestVocabulary = 1 << 24

  /// - Parameters:
  ///   - vocabularySize: Tokens of the finished vocabulary.
  ///   - preTokenizer: The rule that cuts text into words.
  ///   - minimumFrequency: How often a pair must occur to be merged.
  ///   - specialTokens: Control tokens besides the standard ones.
  ///   - reservedTokens: How many control tokens without a meaning to add.
  ///   - threads: Threads that count words.
  ///   - memory: Bytes of memory to stay below.
  ///   - scratchDirectory: A directory for temporary files.
  public init(
    vocabularySize: Int, preTokenizer: PreTokenizer = .smollm, minimumFrequency: Int = 2,
    specialTokens: [String] = [], reservedTokens: Int = 0, threads: Int = 1,
    memory: Int = 1 << 30, scratchDirectory: String = "."
  ) {
    self.vocabularySize = vocabularySize
    self.preTokenizer = preTokenizer
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
    self.reservedTokens = reservedTokens
    self.threads = threads
    self.memory = memory
    self.scratchDirectory = scratchDirectory
  }

  /// All control tokens, in the order of their ids.
  var controlTokens: [String] {
    Self.standardTokens + specialTokens + (0..<max(0, reservedTokens)).map { "<|reserved_\($0)|>" }
  }

  /// Refuses what cannot be a tokenizer.
  func check() throws(TokenizerTrainingError) {
    func require(_ name: String, _ value: Int, _ range: ClosedRange<Int>)
      throws(TokenizerTrainingError)
    {
      guard range.contains(value) else {
        throw .outOfRange(name: name, value: value, least: range.lowerBound, most: range.upperBound)
      }
    }
    try require("the vocabulary size", vocabularySize, 1...Self.largestVocabulary)
    try require("the minimum frequency", minimumFrequency, 1...Int.max)
    try require("the number of reserved tokens", reservedTokens, 0...(1 << 16))
    try require("the number of threads", threads, 1...256)
    try require("the memory in bytes", memory, 1 << 16...Int.max)

    let byteTexts = Set(ByteAlphabet.scalars.compactMap(Unicode.Scalar.init).map(String.init))
    var seen = Set<[UInt8]>()
    for token in controlTokens {
      if token.isEmpty { throw .specialToken("", .empty) }
      guard token.utf8.count <= AddedToken.longestContent else {
        throw .specialToken(token, .tooLong(limit: AddedToken.longestContent))
      }
      if byteTexts.contains(token) { throw .specialToken(token, .isByte) }
      if !seen.insert(Array(token.utf8)).inserted { throw .specialToken(token, .repeated) }
    }
    let least = seen.count + 256
    guard vocabularySize >= least else {
      throw .vocabularyTooSmall(size: vocabularySize, specialTokens: seen.count, least: least)
    }
  }
}
