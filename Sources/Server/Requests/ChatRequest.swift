import HTTPTypes
import SafeIO
import Tokenization

/// The body of `/v1/chat/completions`.
struct ChatRequest: Sendable {
  var options: AnswerOptions
  var messages: [ChatMessage]
  var maxTokens: Int?
  /// Alternatives to tell with each token, nil for no log-probabilities.
  var topLogprobs: Int?
  var addsGenerationPrompt: Bool
  var continuesFinalMessage: Bool
  /// The functions that the answer may call; nil for none.
  var tools: ToolUse?
  /// Members that a lenient server did not read.
  var ignored: [String]

  private static let notImplemented = [
    "functions", "function_call", "audio", "prediction", "web_search_options", "reasoning_effort",
    "chat_template", "chat_template_kwargs",
  ]

  init(_ body: JSON, _ state: ServerState) throws(APIError) {
    var fields = try Fields(body)
    options = try AnswerOptions(&fields, state)
    messages = try MessageReader(state).read(&fields)
    maxTokens = try Self.maxTokens(&fields)
    topLogprobs = try Self.topLogprobs(&fields, limit: state.limits.logprobs)
    addsGenerationPrompt = try fields.bool("add_generation_prompt") ?? true
    continuesFinalMessage = try fields.bool("continue_final_message") ?? false
    if continuesFinalMessage, addsGenerationPrompt, body["add_generation_prompt"]?.bool == true {
      throw .value("continue_final_message", "and 'add_generation_prompt' exclude each other")
    }
    tools = try ToolUse.read(&fields, state)
    if tools != nil, options.constraint != .none {
      throw .value(
        "tools", "and a form for the whole answer, such as 'response_format', exclude each other")
    }
    if let modalities = fields.value("modalities"), modalities != ["text"] {
      throw .unsupported("modalities", "must be [\"text\"]")
    }
    try fields.refuse(Self.notImplemented)
    ignored = try fields.finish(isLenient: state.configuration.isLenient)
  }

  private static func maxTokens(_ fields: inout Fields) throws(APIError) -> Int? {
    let new = try fields.integer("max_completion_tokens", in: 1...Int.max)
    let old = try fields.integer("max_tokens", in: 1...Int.max)
    if let new, let old, new != old {
      throw .value("max_tokens", "and 'max_completion_tokens' differ")
    }
    return new ?? old
  }

  private static func topLogprobs(_ fields: inout Fields, limit: Int) throws(APIError) -> Int? {
    let wants = try fields.bool("logprobs") ?? false
    let top = try fields.integer("top_logprobs", in: 0...limit)
    if let top, top > 0, !wants { throw .value("top_logprobs", "needs 'logprobs': true") }
    return wants ? top ?? 0 : nil
  }

  /// The tokens to continue.
  ///
  /// - Throws: `APIError`, also for what the template refuses.
  func prompt(_ tokenizer: Tokenizer) throws(APIError) -> [Int] {
    do {
      let encoding = try tokenizer.encodePrompt(
        messages, addingGenerationPrompt: addsGenerationPrompt && !continuesFinalMessage,
        tools: tools?.listed)
      guard continuesFinalMessage else { return encoding.ids }
      guard let last = encoding.messages.lastIndex(of: messages.count - 1) else {
        throw APIError.value("continue_final_message", "needs a last message that is not empty")
      }
      return Array(encoding.ids[...last])
    } catch let error as APIError {
      throw error
    } catch {
      throw Self.refusal(error)
    }
  }

  /// What a template's failure is to the client, whose messages it was given.
  static func refusal(_ error: any Error) -> APIError {
    let message = (error as? any UserFacingError)?.description ?? "the messages cannot be rendered"
    return APIError(.badRequest, code: "invalid_messages", param: "messages", message)
  }
}
