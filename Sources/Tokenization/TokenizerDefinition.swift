import SafeIO

/// What a tokenizer is made of, whichever file it came from; not checked yet.
struct TokenizerDefinition: Sendable {
  var vocabulary: [(text: String, id: Int)] = []
  /// Pairs of tokens, the earliest learnt first.
  var merges: [(left: String, right: String)] = []
  var addedTokens: [AddedToken] = []
  var preTokenizer = PreTokenizer.gpt2
  /// Whether text is put into normal form C first.
  var composes = false
  /// Whether a word that is a token is taken whole, whatever the merges say.
  var ignoresMerges = false
  var unknownToken: String?
  var fusesUnknown = false
  /// Ids that belong before and after a text that stands alone.
  var prefix: [Int] = []
  var suffix: [Int] = []
  /// The steps around the model as a `tokenizer.json` wrote them, kept so that they can be written
  /// again; nil where the tokenizer comes from elsewhere.
  var steps: JSONObject?
}
