import SafeIO

extension Tokenizer {
  /// Writes the tokenizer into a Hugging Face directory, for `init(directory:)` and other libraries.
  ///
  /// Three files, each of them whole or not at all: `tokenizer.json`; `tokenizer_config.json` with the
  /// special tokens and the chat template; `generation_config.json` with the tokens that end a
  /// sequence, of which there can be several. What these files held before is lost. A
  /// `chat_template.jinja` in the directory would overrule the template that is written.
  ///
  /// A padding or unknown token that is an ordinary word of the vocabulary, as files that lack one
  /// sometimes say, is not named: other libraries would cut every text at that word.
  ///
  /// Where `config.json` says `qwen2`, `transformers` 5 takes the steps of Qwen 2 whatever
  /// `tokenizer.json` says, so that such a model needs a tokenizer with that pre-tokenizer.
  ///
  /// - Parameter directory: An existing directory.
  /// - Throws: `IOFailure` if a file cannot be written.
  public func save(to directory: String) throws {
    try Self.write(storage.json, to: "\(directory)/tokenizer.json")
    try Self.write(settings, to: "\(directory)/tokenizer_config.json")
    try Self.write(generationSettings, to: "\(directory)/generation_config.json")
  }

  private static func write(_ json: JSON, to path: String) throws {
    try AtomicFile.write(Array((json.serialized(pretty: true) + "\n").utf8), to: path)
  }

  private var settings: JSON {
    var settings = JSONObject()
    let definition = storage.definition
    let ends = endOfSequence.first
    // Where these two are given, `transformers` puts a post-processor of its own in place of the one
    // in tokenizer.json; they must then say all that it does.
    let begins = definition.prefix == [beginningOfSequence]
    let isEnded = definition.suffix == [ends]
    if begins || definition.prefix.isEmpty, isEnded || definition.suffix.isEmpty {
      settings["add_bos_token"] = JSON(begins)
      settings["add_eos_token"] = JSON(isEnded)
    }
    let added = Set(definition.addedTokens.lazy.map(\.id))
    let named = [
      ("bos_token", beginningOfSequence),
      // An end that is named becomes a control token; one that only generation stops at must not.
      ("eos_token", ends.flatMap { added.contains($0) && !isSpecial($0) ? nil : $0 }),
      ("pad_token", padding.flatMap { added.contains($0) ? $0 : nil }),
      ("unk_token", unknown.flatMap { added.contains($0) ? $0 : nil }),
    ]
    for case (let name, let id?) in named { settings[name] = token(for: id).map { JSON($0) } }
    settings["chat_template"] = chatTemplate.map { JSON($0.source) }
    settings["clean_up_tokenization_spaces"] = false
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    return JSON(settings)
  }

  private var generationSettings: JSON {
    var settings = JSONObject()
    settings["bos_token_id"] = beginningOfSequence.map { JSON($0) }
    if let first = endOfSequence.first {
      settings["eos_token_id"] = endOfSequence.count == 1 ? JSON(first) : JSON(endOfSequence)
    }
    settings["pad_token_id"] = padding.map { JSON($0) }
    return JSON(settings)
  }
}
