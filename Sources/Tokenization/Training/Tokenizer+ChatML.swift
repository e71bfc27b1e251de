extension Tokenizer {
  /// SmolLM2's format of a conversation, without its system message.
  static let chatML = """
    {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] \
    + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}\
    {{ '<|im_start|>assistant\\n' }}{% endif %}
    """

  /// Sets ends, padding and chat template of a tokenizer with the standard tokens.
  ///
  /// A document begins and ends with `<|endoftext|>`, a turn ends with `<|im_end|>`; both end an answer.
  mutating func giveChatML() throws {
    beginningOfSequence = id(of: "<|endoftext|>")
    padding = beginningOfSequence
    endOfSequence = ["<|endoftext|>", "<|im_end|>"].compactMap { id(of: $0) }
    chatTemplate = try ChatTemplate(Self.chatML)
    bindTemplate()
  }
}
