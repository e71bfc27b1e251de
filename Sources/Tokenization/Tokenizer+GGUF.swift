extension Tokenizer {
  /// A tokenizer from the metadata of a GGUF file (`tokenizer.ggml.…`).
  ///
  /// `ggufModel` is `tokenizer.ggml.model`, of which only `gpt2`, byte-level BPE, is read; `pre` is
  /// `tokenizer.ggml.pre`, what cuts text into words. `tokenTypes` has one number for each token, or
  /// none at all: 3 is a control token, 4 one that a user added. `endOfTurn` is
  /// `tokenizer.ggml.eot_token_id`, which ends generation as `eos` does.
  package init(
    ggufModel: String, pre: String, tokens: [String], merges: [String], tokenTypes: [Int],
    bos: Int?, eos: Int?, pad: Int?, unk: Int?, endOfTurn: Int? = nil, addBOS: Bool,
    chatTemplate: String?
  ) throws {
    guard ggufModel == "gpt2" else {
      throw TokenizerError.unsupported(path: "tokenizer.ggml.model", found: ggufModel)
    }
    guard let rule = PreTokenizer(rawValue: pre) else {
      throw TokenizerError.unsupported(path: "tokenizer.ggml.pre", found: pre)
    }
    guard tokenTypes.isEmpty || tokenTypes.count == tokens.count else {
      throw TokenizerError.field(
        path: "tokenizer.ggml.token_type", expected: "as long as the \(tokens.count) tokens",
        found: "\(tokenTypes.count) elements")
    }
    var definition = TokenizerDefinition()
    definition.preTokenizer = rule
    // What the authors' own `tokenizer.json` says; GGUF has no key for either.
    definition.composes = rule.composes
    definition.ignoresMerges = rule.ignoresMerges
    definition.vocabulary = tokens.enumerated().map { (text: $1, id: $0) }
    definition.merges = try merges.enumerated().map { try TokenizerDefinition.merge($1, $0) }
    let named = [
      ("bos", bos), ("eos", eos), ("padding", pad), ("unknown", unk), ("eot", endOfTurn),
    ]
    for case (let name, let id?) in named where !tokens.indices.contains(id) {
      throw TokenizerError.specialTokenAbsent(
        name: "tokenizer.ggml.\(name)_token_id", token: "\(id)")
    }
    // What begins and ends sequences is a control token also where the file gives no types.
    let control = Set([bos, eos, endOfTurn].compactMap(\.self))
    for id in tokens.indices {
      let type = tokenTypes.isEmpty ? 1 : tokenTypes[id]
      let isSpecial = type == 3 || control.contains(id)
      guard isSpecial || type == 4 else { continue }
      definition.addedTokens.append(
        AddedToken(content: tokens[id], id: id, isSpecial: isSpecial))
    }
    if addBOS, let bos { definition.prefix = [bos] }

    try self.init(definition)
    beginningOfSequence = bos
    padding = pad
    unknown = unk
    setEnds([eos, endOfTurn].compactMap(\.self))
    if let chatTemplate {
      self.chatTemplate = try ChatTemplate(chatTemplate)
      bindTemplate()
    }
  }

  /// Sets the ends of sequences: the ones that are named, and the usual ends of a turn if the
  /// vocabulary has them as control tokens, because a GGUF often names only one.
  mutating func setEnds(_ named: [Int]) {
    let usual = ["<|im_end|>", "<|eot_id|>", "<|end|>", "<|eom_id|>"].compactMap { id(of: $0) }
    endOfSequence = []
    for id in named + usual.filter({ isSpecial($0) }) where !endOfSequence.contains(id) {
      endOfSequence.append(id)
    }
  }

  /// Tells the template how the special tokens are written.
  mutating func bindTemplate() {
    let tokens = [
      ("bos_token", beginningOfSequence), ("eos_token", endOfSequence.first),
      ("pad_token", padding), ("unk_token", unknown),
    ]
    for case (let name, let id?) in tokens {
      let text = token(for: id)
      chatTemplate?.constants[name] = text
    }
  }
}
