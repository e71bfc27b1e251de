import ArgumentParser

/// `graft tokenizer`: what a tokenizer makes of text.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Turns text into token ids and back.",
    discussion: """
      Examples:
        graft tokenizer encode --tokenizer smollm2 --input rows.jsonl --json
        graft tokenizer decode --tokenizer smollm2 --input ids.jsonl --json
      """,
    subcommands: [TokenizerEncode.self, TokenizerDecode.self])
}
