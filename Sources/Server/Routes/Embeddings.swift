import HTTPTypes
import Hummingbird
import Inference
import SafeIO

/// `POST /v1/embeddings`: the mean of the last layer's states, of length 1.
enum Embeddings {
  static func handle(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    let request = try EmbeddingRequest(exchange.body, state)
    let adapter = try state.adapter(named: request.model)
    var inputs: [[Int]] = []
    for (index, input) in request.inputs.enumerated() {
      let ids = input.ids(state.tokenizer)
      let name = request.inputs.count == 1 ? "input" : "input[\(index)]"
      guard !ids.isEmpty, input != .text("") else {
        throw APIError.value(name, "must not be empty")
      }
      guard ids.count <= state.engine.context else {
        throw APIError(
          .badRequest, code: "context_length_exceeded", param: name,
          "'\(name)' has \(ids.count) tokens; the model's context is \(state.engine.context)")
      }
      inputs.append(ids)
    }
    let flight = Flight.begin(exchange, seconds: state.limits.requestSeconds)
    let settings = flight.settings(adapter)
    let data = try await flight.run { [inputs] in
      var data: [JSON] = []
      for (index, ids) in inputs.enumerated() {
        try Task.checkCancellation()
        let vector = try await state.engine.embed(ids, with: settings)
        data.append([
          "object": "embedding", "index": JSON(index), "embedding": request.json(vector),
        ])
      }
      return data
    }
    flight.complete()
    let tokens = inputs.map(\.count).reduce(0, +)
    return exchange.reply([
      "object": "list", "data": JSON(data), "model": JSON(request.model),
      "usage": ["prompt_tokens": JSON(tokens), "total_tokens": JSON(tokens)],
    ])
  }
}
