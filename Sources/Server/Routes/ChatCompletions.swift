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
    serving.grammar = try state.grammars.grammar(for: request.options.constraint)
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
        json["message"] = [
          "role": "assistant", "content": JSON(choice.text), "refusal": nil,
        ]
        json["logprobs"] =
          request.topLogprobs == nil ? .null : ChatLogprobs(texts: texts).json(choice.tokens)
        json["finish_reason"] = AnswerHead.finish(choice.finishReason)
        if request.options.returnsTokens { json["token_ids"] = JSON(choice.ids) }
        return JSON(json)
      })
    json["usage"] = usage.json
    if request.options.returnsTokens { json["prompt_token_ids"] = JSON(prompt) }
    json["graft"] = head.receiptJSON
    return JSON(json)
  }
}

/// A streamed chat completion.
struct ChatStream: StreamFormat {
  let head: AnswerHead
  let request: ChatRequest
  let texts: TokenText
  var usage = UsageSum()

  mutating func opening() -> [JSON] {
    (0..<request.options.choices).map {
      chunk($0, delta: ["role": "assistant", "content": ""])
    }
  }

  mutating func chunks(for event: ServingEvent, prompt: Int) throws -> [JSON] {
    switch event {
    case .promptScores: return []
    case .text(let choice, let text, let tokens):
      let tellsTokens = request.topLogprobs != nil || request.options.returnsTokens
      if text.isEmpty && (!tellsTokens || tokens.isEmpty) { return [] }
      let logprobs = request.topLogprobs == nil ? nil : ChatLogprobs(texts: texts).json(tokens)
      return [chunk(choice, delta: ["content": JSON(text)], logprobs: logprobs, tokens)]
    case .finished(let choice, let reason):
      return [chunk(choice, delta: [:], finish: AnswerHead.finish(reason))]
    case .failed(let error): throw error
    case .done(let used):
      usage.add(used)
      return []
    }
  }

  mutating func closing() -> [JSON] {
    guard request.options.includesUsage else { return [] }
    var json = head.object("chat.completion.chunk")
    json["choices"] = []
    json["usage"] = usage.json
    json["graft"] = head.receiptJSON
    return [JSON(json)]
  }

  private func chunk(
    _ choice: Int, delta: JSON, logprobs: JSON? = nil, _ tokens: [TokenScore] = [],
    finish: JSON = .null
  ) -> JSON {
    var json = head.object("chat.completion.chunk")
    var entry = JSONObject()
    entry["index"] = JSON(choice)
    entry["delta"] = delta
    entry["logprobs"] = logprobs ?? .null
    entry["finish_reason"] = finish
    if request.options.returnsTokens, !tokens.isEmpty {
      entry["token_ids"] = JSON(tokens.map(\.id))
    }
    json["choices"] = [JSON(entry)]
    if request.options.includesUsage { json["usage"] = .null }
    if !finish.isNull { json["graft"] = head.receiptJSON }
    return JSON(json)
  }
}
