/// What reports say of a tokenizer.
extension Tokenizer {
  /// The name of the rule that cuts text into words, as GGUF files write it: `gpt-2`, `smollm`, `qwen2`
  /// or `llama-bpe`.
  package var preTokenizerName: String { storage.definition.preTokenizer.rawValue }

  /// How many merges were learnt.
  package var mergeCount: Int { storage.definition.merges.count }

  /// The merges as `tokenizer.json` used to write them: `left right`, the earliest learnt first.
  package var mergeTexts: [String] { storage.definition.merges.map { "\($0.left) \($0.right)" } }

  /// Whether text is put into normal form C first.
  package var composesText: Bool { storage.definition.composes }
}
