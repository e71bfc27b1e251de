import Datasets
import Inference
import ModelFiles
import Models
import SafeIO
import Tokenization

/// Answers of the model that is being trained, to the same prompts at every look.
struct RunSampler {
  private struct Prompt {
    var text: String
    var ids: [Int]
    var expected: String?
  }

  private let bundle: ModelBundle
  private let prompts: [Prompt]
  private let maxTokens: Int

  /// Samples for messages that a person chose, or else for the first rows that are validated on.
  ///
  /// - Parameters:
  ///   - bundle: The model, with whatever is attached to it.
  ///   - messages: Each is a user's message, or text to go on with where `isRaw`.
  ///   - examples: The rows that are validated on.
  ///   - isRaw: Whether there is no chat template to go through.
  ///   - maxTokens: The longest answer; 0 makes no samples.
  /// - Throws: What the chat template throws.
  init(
    _ bundle: ModelBundle, messages: [String], examples: [Example], isRaw: Bool, maxTokens: Int
  ) throws {
    (self.bundle, self.maxTokens) = (bundle, maxTokens)
    guard maxTokens > 0, let tokenizer = bundle.tokenizer else {
      prompts = []
      return
    }
    let context = bundle.configuration.maxPositions
    if messages.isEmpty {
      prompts = examples.prefix(2).compactMap { Self.prompt(of: $0, tokenizer, context: context) }
      return
    }
    let encoder = try PromptEncoder(tokenizer)
    prompts = try messages.map { text in
      let ids =
        isRaw || tokenizer.chatTemplate == nil
        ? encoder.encode(continuing: text)
        : try encoder.encode([ChatMessage(role: "user", content: text)])
      guard ids.count < context else {
        throw InferenceError.promptTooLong(tokens: ids.count, context: context)
      }
      return Prompt(text: text, ids: ids, expected: nil)
    }
  }

  /// What stands before the first answer of a row, and that answer; of a text, its beginning.
  private static func prompt(of example: Example, _ tokenizer: Tokenizer, context: Int) -> Prompt? {
    let isAnswer = { (label: Int32) in label != Example.ignored }
    let first = example.labels.firstIndex(where: isAnswer) ?? 0
    let ids = example.ids.prefix(first > 1 ? first : 8).map { Int($0) }
    guard !ids.isEmpty, ids.count < context else { return nil }
    let answer = example.labels[first...].prefix(while: isAnswer).map { Int($0) }
    return Prompt(
      text: tokenizer.decode(ids, skippingSpecialTokens: true), ids: ids,
      expected: first > 1 ? tokenizer.decode(answer, skippingSpecialTokens: true) : nil)
  }

  /// The most likely answers after `step` steps.
  func samples(step: Int) throws -> [RunSample] {
    guard !prompts.isEmpty else { return [] }
    let context = bundle.configuration.maxPositions
    var result = prompts.map {
      RunSample(step: step, prompt: $0.text, text: "", expected: $0.expected)
    }
    let requests = prompts.map {
      GenerationRequest(
        prompt: $0.ids, maxTokens: max(1, min(maxTokens, context - $0.ids.count)),
        sampling: SamplingConfiguration(temperature: 0))
    }
    try BatchGenerator(bundle, maximumBatch: 4).run(requests) { index, answer in
      result[index].text = answer.text
    }
    return result
  }
}
