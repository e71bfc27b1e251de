import ArgumentParser
import Foundation
import Tokenization

/// What the tokenizer is to be.
struct TokenizerTrainSettings: ParsableArguments {
  @Option(help: "Tokens of the vocabulary, everything included.")
  var vocabSize: Int

  @Option(help: "Whose rule cuts text into words.")
  var preTokenizer = WordRule.smollm

  @Option(help: "A pair of tokens that occurs less often is not merged; at least 1.")
  var minFrequency = 2

  @Option(help: "A control token besides the three that are always there; may be repeated.")
  var specialToken: [String] = []

  @Option(help: "Control tokens <|reserved_0|>, … without a meaning yet.")
  var reserved = 0

  @Option(help: "The key that holds the text of a row (default: look for it).")
  var field: String?

  @Option(
    help: ArgumentHelp(
      "Memory to stay below, such as 500M or 4G (default: 1G).", valueName: "size"))
  var memory: MemorySize?

  @Option(help: "Threads to count words on, 1 to 256 (default: one per processor).")
  var threads: Int?

  func options(scratchDirectory: String) -> BPETrainingOptions {
    BPETrainingOptions(
      vocabularySize: vocabSize, preTokenizer: preTokenizer.preTokenizer,
      minimumFrequency: minFrequency,
      specialTokens: specialToken, reservedTokens: reserved,
      threads: threads ?? min(256, max(1, ProcessInfo.processInfo.activeProcessorCount)),
      memory: memory?.bytes ?? 1_000_000_000, scratchDirectory: scratchDirectory)
  }
}

/// The rules that cut text into words, by the models that people know them from.
enum WordRule: String, CaseIterable, ExpressibleByArgument {
  case gpt2, smollm, qwen2, llama3

  /// Takes the names of GGUF files too.
  init?(argument: String) {
    guard
      let rule = Self(rawValue: argument)
        ?? Self.allCases.first(where: {
          $0.preTokenizer.rawValue == argument
        })
    else { return nil }
    self = rule
  }

  var preTokenizer: PreTokenizer {
    switch self {
    case .gpt2: .gpt2
    case .smollm: .smollm
    case .qwen2: .qwen2
    case .llama3: .llama3
    }
  }
}
