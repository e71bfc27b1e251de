package import SafeIO

/// What a tokenizer was learnt from, and how far that went.
public struct TokenizerTrainingAccount: Sendable, Equatable {
  /// Bytes of text.
  public var bytes = 0
  /// Words of the text.
  public var words = 0
  /// Words that differ.
  public var distinctWords = 0
  /// Distinct words that were left out because they did not fit into the memory, the rarest first.
  public var droppedWords = 0
  /// How often a word had to occur in order not to be left out.
  public var leastWordCount = 1
  /// Word counts that were moved to the disk, in runs.
  public var spills = 0
  /// Merges that were learnt.
  public var merges = 0
  /// How often the last pair that was merged occurred.
  public var lastPairCount = 0
  /// Tokens that the finished tokenizer makes of the text; nil where words were left out.
  public var tokens: Int?
  /// Tokens of the finished vocabulary.
  public var vocabularySize = 0
  /// Whether the text had no more pairs to merge before the vocabulary was full.
  public var stoppedEarly = false

  /// The account as it stands in reports.
  package var json: JSON {
    [
      "bytes": JSON(bytes), "tokens": tokens.map { JSON($0) } ?? .null, "words": JSON(words),
      "distinct_words": JSON(distinctWords),
      "dropped_words": JSON(droppedWords), "least_word_count": JSON(leastWordCount),
      "spills": JSON(spills), "merges": JSON(merges), "last_pair_count": JSON(lastPairCount),
      "vocabulary_size": JSON(vocabularySize), "stopped_early": JSON(stoppedEarly),
    ]
  }
}

/// A tokenizer and how it came to be.
public struct TrainedTokenizer: Sendable {
  /// The tokenizer.
  public var tokenizer: Tokenizer
  /// What it was learnt from.
  public var account: TokenizerTrainingAccount
}

/// Where the training of a tokenizer is.
public enum TokenizerTrainingEvent: Sendable, Equatable {
  /// All text has been read: this many words, of which so many differ.
  case counted(words: Int, distinct: Int)
  /// So many merges of at most `limit` have been learnt.
  case merged(count: Int, limit: Int)
}
