import HTTPTypes
import Hummingbird
import Inference
import SafeIO

/// `POST /v1/chat/completions`.
enum ChatCompletions {
  /// Tokens of an answer that says nothing of its length.
  static let usualLength = 1024

  static func handle(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    let request = try ChatRequest(exchange.body, state)
    let adapter = try state.adapter(named: request.options.model)
    let prompt = try request.prompt(state.tokenizer)
    var serving = try request.options.serving(
      prompt, adapter, maxTokens: request.maxTokens, usualLength: usualLength, state)
    serving.topLogprobs = request.topLogprobs
    serving.grammar =
      try request.tools.map { (tools) throws(APIError) in
        try state.grammars.grammar(for: tools.syntax)
      } ?? state.grammars.grammar(for: request.options.constraint)
    let head = AnswerHead(
      prefix: "chatcmpl-", model: request.options.model,
      receipt: state.engine.receipt(adapter: adapter, seed: request.options.seed))
    let headers = request.options.headers(head, ignored: request.ignored)

    let flight = Flight.begin(exchange, seconds: request.options.deadlineSeconds)
    if request.options.streams {
      let ticket = try flight.submit(serving)
      let format = ChatStream(
        head: head, request: request, texts: TokenText(tokenizer: state.tokenizer))
      return EventStream(exchange: exchange, flight: flight, tickets: [ticket])
        .response(format, headers: headers)
    }
    let answers = try await Answers.collect([serving], flight)
    let texts = TokenText(tokenizer: state.tokenizer)
    return exchange.reply(
      whole(answers[0], head, request, texts, prompt: prompt), headers: headers)
  }

  private static func whole(
    _ answer: ServingAnswer, _ head: AnswerHead, _ request: ChatRequest, _ texts: TokenText,
    prompt: [Int]
  ) -> JSON {
    var usage = UsageSum()
    if let used = answer.usage { usage.add(used) }
    var json = head.object("chat.completion")
    json["choices"] = JSON(
      answer.choices.enumerated().map { index, choice in
        var json = JSONObject()
        json["index"] = JSON(index)
        let message = Self.message(choice.text, request.tools)
        json["message"] = JSON(message)
        json["logprobs"] =
          request.topLogprobs == nil ? .null : ChatLogprobs(texts: texts).json(choice.tokens)
        json["finish_reason"] = AnswerHead.finish(
          choice.finishReason, hasCalls: message["tool_calls"] != nil)
        if request.options.returnsTokens { json["token_ids"] = JSON(choice.ids) }
        return JSON(json)
      })
    json["usage"] = usage.json
    if request.options.returnsTokens { json["prompt_token_ids"] = JSON(prompt) }
    json["graft"] = head.receiptJSON
    return JSON(json)
  }

  /// What was said, and what was called.
  private static func message(_ text: String, _ tools: ToolUse?) -> JSONObject {
    var (said, calls) = (text, [ToolCall]())
    if let tools {
      said = ""
      var reader = CallReader(tools.format, functions: tools.functions)
      for piece in reader.append(text) + reader.finish() {
        switch piece {
        case .text(let text): said += text
        case .call(let call): calls.append(call)
        }
      }
    }
    var message = JSONObject()
    message["role"] = "assistant"
    message["content"] = said.isEmpty && !calls.isEmpty ? .null : JSON(said)
    message["refusal"] = .null
    if !calls.isEmpty { message["tool_calls"] = JSON(calls.map { JSON($0.json) }) }
    return message
  }
}
