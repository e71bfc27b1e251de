package import Tokenization

/// Writes prompts as the tokens that a model expects.
package struct PromptEncoder: Sendable {
  private let tokenizer: Tokenizer

  /// - Throws: `InferenceError.noTokenizer`.
  package init(_ tokenizer: Tokenizer?) throws(InferenceError) {
    guard let tokenizer else { throw .noTokenizer("the prompt is text") }
    self.tokenizer = tokenizer
  }

  /// A conversation through the chat template, up to where an assistant answers.
  ///
  /// - Throws: `InferenceError.noChatTemplate`; `TemplateError` if the template refuses the messages.
  package func encode(_ messages: [ChatMessage]) throws -> [Int] {
    guard tokenizer.chatTemplate != nil else { throw InferenceError.noChatTemplate }
    return try tokenizer.encodePrompt(messages).ids
  }

  /// Plain text to continue, after what the tokenizer puts before every text.
  package func encode(continuing text: String) -> [Int] {
    tokenizer.sequencePrefix + tokenizer.encode(text)
  }
}
