import ArgumentParser

/// `graft tokenizer`: makes tokenizers, and shows what they make of text.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Trains a tokenizer, looks at one, turns text into token ids and back.",
    discussion: """
      Examples:
        graft tokenizer train notes.txt rows.jsonl --vocab-size 8192 --output my-tokenizer
        graft tokenizer encode --tokenizer smollm2 --input rows.jsonl --json
        graft tokenizer decode --tokenizer smollm2 --input ids.jsonl --json
      """,
    subcommands: [
      TokenizerTrain.self, TokenizerInspect.self, TokenizerEncode.self, TokenizerDecode.self,
    ])
}
