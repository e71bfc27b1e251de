import Inference
import SafeIO

/// A streamed chat completion.
struct ChatStream: StreamFormat {
  private let head: AnswerHead
  private let request: ChatRequest
  private let texts: TokenText
  private var usage = UsageSum()
  /// What takes calls out of each choice's text; none where there are no tools.
  private var readers: [CallReader]
  /// How many calls each choice has made.
  private var calls: [Int]

  init(head: AnswerHead, request: ChatRequest, texts: TokenText) {
    (self.head, self.request, self.texts) = (head, request, texts)
    let count = request.options.choices
    readers =
      request.tools.map { tools in
        (0..<count).map { _ in CallReader(tools.format, functions: tools.functions) }
      } ?? []
    calls = Array(repeating: 0, count: count)
  }

  mutating func opening() -> [JSON] {
    (0..<request.options.choices).map {
      chunk($0, delta: ["role": "assistant", "content": readers.isEmpty ? "" : .null])
    }
  }

  mutating func chunks(for event: ServingEvent, prompt: Int) throws -> [JSON] {
    switch event {
    case .promptScores: return []
    case .text(let choice, let text, let tokens): return chunks(choice, text, tokens)
    case .finished(let choice, let reason):
      let rest = readers.isEmpty ? [] : readers[choice].finish()
      let deltas = rest.map { delta($0, choice) }
      let finish = AnswerHead.finish(reason, hasCalls: calls[choice] > 0)
      return deltas.map { chunk(choice, delta: $0) } + [chunk(choice, delta: [:], finish: finish)]
    case .failed(let error): throw error
    case .done(let used):
      usage.add(used)
      return []
    }
  }

  private mutating func chunks(_ choice: Int, _ text: String, _ tokens: [TokenScore]) -> [JSON] {
    var deltas: [JSON] = text.isEmpty ? [] : [["content": JSON(text)]]
    if !readers.isEmpty { deltas = readers[choice].append(text).map { delta($0, choice) } }
    let tellsTokens = request.topLogprobs != nil || request.options.returnsTokens
    if deltas.isEmpty, tellsTokens, !tokens.isEmpty {
      deltas = [readers.isEmpty ? ["content": ""] : [:]]
    }
    let logprobs = request.topLogprobs == nil ? nil : ChatLogprobs(texts: texts).json(tokens)
    return deltas.enumerated().map { place, delta in
      place == 0
        ? chunk(choice, delta: delta, logprobs: logprobs, tokens) : chunk(choice, delta: delta)
    }
  }

  /// A call comes as a whole: what is not complete may yet turn out to be text.
  private mutating func delta(_ piece: CallReader.Piece, _ choice: Int) -> JSON {
    switch piece {
    case .text(let text): return ["content": JSON(text)]
    case .call(let call):
      var json = call.json
      json["index"] = JSON(calls[choice])
      calls[choice] += 1
      return ["tool_calls": [JSON(json)]]
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
