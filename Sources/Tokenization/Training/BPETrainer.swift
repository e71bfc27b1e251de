/// Learns a byte-level BPE tokenizer from text.
///
/// The text is cut into words by the chosen rule, the words are counted, and the pair of neighbouring
/// tokens that occurs most often is made a token of its own until the vocabulary is full. The same text
/// gives the same tokenizer, whatever the number of threads, the pieces that the text comes in, and the
/// memory, as long as the distinct words fit.
///
/// The merges are those of the trainer of the `tokenizers` library, whose tie rule is the same (the
/// greater count, then the smaller ids, and bytes numbered in the order of the characters that they are
/// written with), with two exceptions. Where a token is formed in a second way, as three dashes from one
/// and two after two and one, that library goes on with counts of pairs that it has merged before; here
/// counts are always those of the text. And here no merge spells a special token.
///
/// ## Memory
///
/// While text is read, word counts take at most half of `BPETrainingOptions.memory`; what is more goes to
/// temporary files in sorted runs, which are merged at the end. Then the distinct words are held all at
/// once, at 40 bytes for each of theirs, because a merge may touch any of them. If that is more than
/// the memory allows, the rarest words are left out, which the account says: that is the one case in which
/// the tokenizer depends on the memory.
public struct BPETrainer: Sendable {
  /// What the tokenizer is to be.
  public let options: BPETrainingOptions

  /// - Throws: `TokenizerTrainingError` for options that cannot be met.
  public init(_ options: BPETrainingOptions) throws(TokenizerTrainingError) {
    try options.check()
    self.options = options
  }

  /// Reads a text and learns a tokenizer from it.
  ///
  /// - Parameters:
  ///   - feed: Calls its argument with the pieces of all documents in order, any bytes, and with whether
  ///     a document ends there. Pieces may end anywhere.
  ///   - report: Told how far the work is; what it throws ends the work.
  /// - Returns: The tokenizer: ChatML as its template, `<|endoftext|>` and `<|im_end|>` as ends.
  /// - Throws: `TokenizerTrainingError.noText`; `IOFailure` for temporary files; what `feed` and
  ///   `report` throw.
  public func train(
    from feed: (_ add: (_ text: [UInt8], _ endsDocument: Bool) throws -> Void) throws -> Void,
    report: (TokenizerTrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainedTokenizer {
    var account = TokenizerTrainingAccount()
    let pool = WordCountingPool(options)
    try feed { try pool.add($0, endsDocument: $1) }
    let lanes = try pool.finish()
    (account.bytes, account.words) = (pool.bytes, pool.words)
    guard account.bytes > 0 else { throw TokenizerTrainingError.noText }

    let alphabet = ByteAlphabet.scalars.indices.sorted {
      ByteAlphabet.scalars[$0] < ByteAlphabet.scalars[$1]
    }
    let control = options.controlTokens
    var byteIDs = [UInt32](repeating: 0, count: 256)
    for (place, byte) in alphabet.enumerated() { byteIDs[byte] = UInt32(control.count + place) }
    let source = try WordSource(lanes, options)
    account.spills = pool.spills
    let list = try source.words(byteIDs: byteIDs, account: &account)
    try report(.counted(words: account.words, distinct: account.distinctWords))

    let tokens = control.map { Array($0.utf8) } + alphabet.map { [UInt8($0)] }
    var learner = MergeLearner(
      list, tokens: tokens, specialCount: control.count, limit: options.vocabularySize,
      minimumFrequency: options.minimumFrequency)
    let limit = options.vocabularySize - tokens.count
    try learner.learn(limit: options.vocabularySize) {
      try report(.merged(count: $0 - tokens.count, limit: limit))
    }
    account.tokens =
      account.droppedWords == 0 ? account.tokens.map { $0 + learner.tokenCount } : nil
    account.merges = learner.merges.count
    account.lastPairCount = learner.lastCount
    account.vocabularySize = learner.tokens.count
    account.stoppedEarly = learner.tokens.count < options.vocabularySize
    return TrainedTokenizer(tokenizer: try tokenizer(learner), account: account)
  }

  private func tokenizer(_ learner: MergeLearner) throws -> Tokenizer {
    let control = options.controlTokens
    let texts = control + learner.tokens.dropFirst(control.count).map { ByteAlphabet.text(of: $0) }
    var definition = TokenizerDefinition()
    // A text that stands alone begins with `<|endoftext|>`, so that its first word is predicted too.
    definition.prefix = [0]
    definition.preTokenizer = options.preTokenizer
    definition.composes = options.preTokenizer.composes
    definition.ignoresMerges = options.preTokenizer.ignoresMerges
    definition.vocabulary = texts.enumerated().map { (text: $1, id: $0) }
    definition.merges = learner.merges.map { (texts[$0.left], texts[$0.right]) }
    definition.addedTokens = control.enumerated().map {
      AddedToken(content: $1, id: $0, isSpecial: true)
    }
    var tokenizer = try Tokenizer(definition)
    try tokenizer.giveChatML()
    return tokenizer
  }
}
