import HTTPTypes
import Hummingbird
import Inference
import SafeIO
import Tokenization

/// `POST /v1/completions`.
enum Completions {
  static func handle(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    let request = try CompletionRequest(exchange.body, state)
    let adapter = try state.adapter(named: request.options.model)
    let grammar = try state.grammars.grammar(for: request.options.constraint)
    var requests: [ServingRequest] = []
    for (index, input) in request.prompts.enumerated() {
      let ids = input.ids(state.tokenizer)
      guard !ids.isEmpty else {
        let name = request.prompts.count == 1 ? "prompt" : "prompt[\(index)]"
        throw APIError.value(name, "has no tokens to continue")
      }
      var serving = try request.options.serving(
        ids, adapter, maxTokens: request.maxTokens, usualLength: 16, state)
      serving.topLogprobs = request.topLogprobs
      serving.scoresPrompt = request.echoes && request.topLogprobs != nil
      serving.grammar = grammar
      requests.append(serving)
    }
    let head = AnswerHead(
      prefix: "cmpl-", model: request.options.model,
      receipt: state.engine.receipt(adapter: adapter, seed: request.options.seed))
    let headers = request.options.headers(head, ignored: request.ignored)
    let writer = CompletionWriter(
      head: head, request: request, texts: TokenText(tokenizer: state.tokenizer),
      prompts: requests.map(\.prompt))

    let flight = Flight.begin(exchange, seconds: request.options.deadlineSeconds)
    if request.options.streams {
      var tickets: [ServingTicket] = []
      for serving in requests { tickets.append(try flight.submit(serving)) }
      return EventStream(exchange: exchange, flight: flight, tickets: tickets)
        .response(CompletionStream(writer), headers: headers)
    }
    let answers = try await Answers.collect(requests, flight)
    return exchange.reply(writer.whole(answers), headers: headers)
  }
}

/// Writes text completions.
struct CompletionWriter: Sendable {
  let head: AnswerHead
  let request: CompletionRequest
  let texts: TokenText
  let prompts: [[Int]]

  /// The text of an echoed prompt: as it was given, or what its tokens say.
  func promptText(_ prompt: Int) -> String {
    if case .text(let text) = request.prompts[prompt] { return text }
    return texts.tokenizer.decode(prompts[prompt], skippingSpecialTokens: true)
  }

  func whole(_ answers: [ServingAnswer]) -> JSON {
    var usage = UsageSum()
    var choices: [JSON] = []
    for (prompt, answer) in answers.enumerated() {
      if let used = answer.usage { usage.add(used) }
      for index in 0..<request.options.choices {
        // With nothing to generate there may be no choice at all.
        let choice = index < answer.choices.count ? answer.choices[index] : nil
        choices.append(
          self.choice(choice, prompt, index, promptScores: answer.promptScores))
      }
    }
    var json = head.object("text_completion")
    json["choices"] = JSON(choices)
    json["usage"] = usage.json
    json["graft"] = head.receiptJSON
    return JSON(json)
  }

  private func choice(
    _ choice: ServingAnswer.Choice?, _ prompt: Int, _ index: Int, promptScores: [TokenScore?]
  ) -> JSON {
    var logprobs = JSON.null
    if request.topLogprobs != nil {
      var writer = CompletionLogprobs(texts)
      let scored = zip(prompts[prompt], promptScores).map { (id: $0, score: $1) }
      let echoed = request.echoes ? scored : []
      let generated = (choice?.tokens ?? []).map { (id: $0.id, score: TokenScore?.some($0)) }
      logprobs = writer.json(echoed + generated)
    }
    let text = (request.echoes ? promptText(prompt) : "") + (choice?.text ?? "")
    let finish = AnswerHead.finish(
      request.maxTokens == 0 ? .length : choice?.finishReason ?? .length)
    var json = entry(prompt, index, text: text, logprobs: logprobs, finish: finish)
    if request.options.returnsTokens {
      json["token_ids"] = JSON(choice?.ids ?? [])
      json["prompt_token_ids"] = JSON(prompts[prompt])
    }
    return JSON(json)
  }

  /// One element of `choices`.
  func entry(_ prompt: Int, _ index: Int, text: String, logprobs: JSON, finish: JSON)
    -> JSONObject
  {
    var json = JSONObject()
    json["index"] = JSON(prompt * request.options.choices + index)
    json["text"] = JSON(text)
    json["logprobs"] = logprobs
    json["finish_reason"] = finish
    return json
  }
}

/// Streamed text completions; with `echo`, each choice begins with its prompt.
struct CompletionStream: StreamFormat {
  private let writer: CompletionWriter
  private var logprobs: [Int: CompletionLogprobs] = [:]
  private var finished: Set<Int> = []
  private var usage = UsageSum()

  init(_ writer: CompletionWriter) { self.writer = writer }

  private var request: CompletionRequest { writer.request }

  mutating func opening() -> [JSON] {
    guard request.echoes, request.topLogprobs == nil else { return [] }
    return writer.prompts.indices.flatMap { prompt in
      (0..<request.options.choices).map {
        chunk(prompt, $0, text: writer.promptText(prompt), logprobs: .null)
      }
    }
  }

  mutating func chunks(for event: ServingEvent, prompt: Int) throws -> [JSON] {
    switch event {
    case .promptScores(let scores):
      let tokens = zip(writer.prompts[prompt], scores).map { (id: $0, score: $1) }
      return (0..<request.options.choices).map { choice in
        let json = next(tokens, prompt, choice)
        return chunk(prompt, choice, text: writer.promptText(prompt), logprobs: json)
      }
    case .text(let choice, let text, let tokens):
      let tellsTokens = request.topLogprobs != nil || request.options.returnsTokens
      if text.isEmpty && (!tellsTokens || tokens.isEmpty) { return [] }
      let json = next(tokens.map { (id: $0.id, score: $0) }, prompt, choice)
      return [chunk(prompt, choice, text: text, logprobs: json, tokens: tokens)]
    case .finished(let choice, let reason):
      finished.insert(prompt * request.options.choices + choice)
      return [
        chunk(prompt, choice, text: "", logprobs: .null, finish: AnswerHead.finish(reason))
      ]
    case .failed(let error): throw error
    case .done(let used):
      usage.add(used)
      return missingEnds(prompt)
    }
  }

  mutating func closing() -> [JSON] {
    guard request.options.includesUsage else { return [] }
    var json = writer.head.object("text_completion")
    json["choices"] = []
    json["usage"] = usage.json
    json["graft"] = writer.head.receiptJSON
    return [JSON(json)]
  }

  /// The ends of choices that had nothing to generate.
  private mutating func missingEnds(_ prompt: Int) -> [JSON] {
    (0..<request.options.choices).filter {
      finished.insert(prompt * request.options.choices + $0).inserted
    }.map { chunk(prompt, $0, text: "", logprobs: .null, finish: "length") }
  }

  private mutating func next(
    _ tokens: [(id: Int, score: TokenScore?)], _ prompt: Int, _ choice: Int
  ) -> JSON {
    guard request.topLogprobs != nil else { return .null }
    let key = prompt * request.options.choices + choice
    return logprobs[key, default: CompletionLogprobs(writer.texts)].json(tokens)
  }

  private func chunk(
    _ prompt: Int, _ choice: Int, text: String, logprobs: JSON, tokens: [TokenScore] = [],
    finish: JSON = .null
  ) -> JSON {
    var entry = writer.entry(prompt, choice, text: text, logprobs: logprobs, finish: finish)
    if request.options.returnsTokens, !tokens.isEmpty {
      entry["token_ids"] = JSON(tokens.map(\.id))
    }
    var json = writer.head.object("text_completion")
    json["choices"] = [JSON(entry)]
    if request.options.includesUsage { json["usage"] = .null }
    if !finish.isNull { json["graft"] = writer.head.receiptJSON }
    return JSON(json)
  }
}
