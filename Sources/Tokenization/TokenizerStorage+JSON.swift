import SafeIO

extension TokenizerStorage {
  /// The root of a `tokenizer.json` as `tokenizers` 0.20 and later write it.
  ///
  /// The steps around the model are those that the tokenizer was read with, or, where it does not come
  /// from such a file, those of the family that cuts text as it does. Truncation and padding belong to a
  /// call, and are never written.
  var json: JSON {
    [
      "version": "1.0", "truncation": nil, "padding": nil,
      "added_tokens": JSON(definition.addedTokens.map(addedToken)),
      "normalizer": step("normalizer", definition.composes ? ["type": "NFC"] : nil),
      "pre_tokenizer": step("pre_tokenizer", definition.preTokenizer.step),
      "post_processor": step(
        "post_processor",
        definition.preTokenizer.postProcessorStep(
          prefix: definition.prefix.map { (text($0), $0) },
          suffix: definition.suffix.map { (text($0), $0) })),
      "decoder": step("decoder", definition.preTokenizer.decoderStep),
      "model": model,
    ]
  }

  private func step(_ name: String, _ usual: JSON) -> JSON {
    guard let steps = definition.steps else { return usual }
    return steps[name] ?? .null
  }

  private func text(_ id: Int) -> String { String(decoding: table.strings[id], as: UTF8.self) }

  private func addedToken(_ token: AddedToken) -> JSON {
    [
      // The content that is matched can be composed already; the table has it as it was read.
      "id": JSON(token.id), "content": JSON(text(token.id)), "single_word": false,
      "lstrip": JSON(token.stripsLeft), "rstrip": JSON(token.stripsRight),
      "normalized": JSON(token.matchesNormalized), "special": JSON(token.isSpecial),
    ]
  }

  private var model: JSON {
    var words = JSONObject()
    for (text, id) in definition.vocabulary.sorted(by: { $0.id < $1.id }) { words[text] = JSON(id) }
    return [
      "type": "BPE", "dropout": nil, "unk_token": definition.unknownToken.map { JSON($0) } ?? .null,
      "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
      "fuse_unk": JSON(definition.fusesUnknown), "byte_fallback": false,
      "ignore_merges": JSON(definition.ignoresMerges), "vocab": JSON(words),
      // Pairs rather than "a b", which cannot say a token with a space in it.
      "merges": JSON(definition.merges.map { JSON([$0.left, $0.right]) }),
    ]
  }
}
