import HTTPTypes
import Hummingbird
import Inference
import SafeIO

/// `POST /v1/score`: how probable the model finds continuations of prompts.
///
/// `{"model", "items": [{"prompt": …, "continuations": […]}]}`, texts or token ids. A text and its
/// continuation are encoded together and cut where the text alone ends, as evaluation harnesses do.
enum Score {
  static func handle(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    var fields = try Fields(exchange.body)
    guard let model = try fields.string("model") else {
      throw APIError.value("model", "is missing")
    }
    let adapter = try state.adapter(named: model)
    guard let items = try fields.array("items", atMost: state.limits.prompts), !items.isEmpty else {
      throw APIError.value("items", "is missing or empty")
    }
    try fields.finish(isLenient: state.configuration.isLenient)
    var pairs: [[ScoredPair]] = []
    for (index, item) in items.enumerated() {
      pairs.append(try ScoredPair.read(item, "items[\(index)]", state))
    }
    let flight = Flight.begin(exchange, seconds: state.limits.requestSeconds)
    let settings = flight.settings(adapter)
    let data = try await flight.run { [pairs] in
      var data: [JSON] = []
      for (index, pairs) in pairs.enumerated() {
        var results: [JSON] = []
        for (choice, pair) in pairs.enumerated() {
          try Task.checkCancellation()
          let scores = try await state.engine.score(
            Array(pair.ids[pair.start...]), after: Array(pair.ids[..<pair.start]), with: settings)
          results.append(json(scores, choice))
        }
        data.append(["index": JSON(index), "results": JSON(results)])
      }
      return data
    }
    flight.complete()
    let tokens = pairs.joined().reduce(0) { $0 + $1.ids.count }
    return exchange.reply([
      "object": "list", "model": JSON(model), "data": JSON(data),
      "usage": ["prompt_tokens": JSON(tokens), "total_tokens": JSON(tokens)],
    ])
  }

  private static func json(_ scores: [TokenScore], _ index: Int) -> JSON {
    let sum = scores.reduce(0.0) { $0 + Double($1.logprob ?? 0) }
    return [
      "index": JSON(index), "tokens": JSON(scores.count), "logprob": JSON(max(-9999, sum)),
      "mean_logprob": JSON(max(-9999, sum / Double(max(1, scores.count)))),
      "is_greedy": JSON(scores.allSatisfy(\.isGreedy)),
    ]
  }
}

/// A prompt and one continuation, as tokens.
struct ScoredPair: Sendable {
  var ids: [Int]
  /// Where the continuation begins.
  var start: Int

  static func read(_ json: JSON, _ path: String, _ state: ServerState) throws(APIError)
    -> [ScoredPair]
  {
    var fields = try Fields(json, path: path)
    guard let value = fields.value("prompt") else { throw .value("\(path).prompt", "is missing") }
    let prompt = try PromptInput.one(value, "\(path).prompt", state)
    guard
      let list = try fields.array("continuations", atMost: state.limits.prompts), !list.isEmpty
    else { throw .value("\(path).continuations", "is missing or empty") }
    try fields.finish()
    var pairs: [ScoredPair] = []
    for (index, json) in list.enumerated() {
      let place = "\(path).continuations[\(index)]"
      let pair = try pair(prompt, PromptInput.one(json, place, state), place, state)
      guard pair.start < pair.ids.count else { throw .value(place, "adds no token") }
      guard pair.start > 0 else { throw .value("\(path).prompt", "has no tokens") }
      guard pair.ids.count <= state.engine.context else {
        throw APIError(
          .badRequest, code: "context_length_exceeded", param: place,
          "prompt and continuation have \(pair.ids.count) tokens; the model's context is "
            + "\(state.engine.context)")
      }
      pairs.append(pair)
    }
    return pairs
  }

  private static func pair(
    _ prompt: PromptInput, _ continuation: PromptInput, _ place: String, _ state: ServerState
  ) throws(APIError) -> ScoredPair {
    switch (prompt, continuation) {
    case (.text(let text), .text(let more)):
      let pair = ContinuationEncoder(state.tokenizer).encode(text, more)
      return ScoredPair(ids: pair.ids, start: pair.start)
    case (.tokens(let ids), .tokens(let more)):
      return ScoredPair(ids: ids + more, start: ids.count)
    default:
      throw APIError(
        .badRequest, code: "invalid_type", param: place,
        "prompt and continuations must be texts, or both token ids")
    }
  }
}
