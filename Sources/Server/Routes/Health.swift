import HTTPTypes
import Hummingbird
import Inference
import SafeIO

/// `/health`, `/metrics` and `/stats`.
enum Health {
  /// A draining server is answered for before the route is: 503.
  static func health(_ exchange: Exchange) async throws -> Response {
    exchange.reply(["status": "ok"])
  }

  /// What the page shows of the server's load.
  static func stats(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    let engine = state.engine.statistics
    let own = state.metrics.snapshot
    let counts: [(String, Int)] = [
      ("context", state.engine.context), ("running", engine.running),
      ("waiting", engine.waiting), ("sequences", engine.sequences),
      ("cache_tokens_used", (engine.pages - engine.freePages) * engine.pageTokens),
      ("cache_tokens", engine.pages * engine.pageTokens), ("requests", state.flightsInAir),
      ("prompt_tokens", own.promptTokens), ("cached_tokens", own.cachedTokens),
      ("completion_tokens", own.completionTokens), ("cancelled", own.cancelled),
      ("adapters", state.engine.adapters.list.count), ("memory_bytes", MemoryUse.resident ?? 0),
    ]
    var json = JSONObject()
    json["model"] = JSON(state.configuration.modelName)
    json["numerics"] = JSON(state.engine.numerics)
    json["tokens_per_second"] = JSON(engine.tokensPerSecond)
    for (name, count) in counts { json[name] = JSON(count) }
    return exchange.reply(JSON(json))
  }

  static func metrics(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    var text = PrometheusText()
    let own = state.metrics.snapshot
    let engine = state.engine.statistics
    text.family("graft_requests_total", "counter", "HTTP requests answered, by route and status.")
    for request in state.metrics.requests {
      text.sample(
        "graft_requests_total", Double(request.count),
        [("route", request.route), ("status", "\(request.status)")])
    }
    text.single("graft_prompt_tokens_total", "counter", "Tokens of prompts.", own.promptTokens)
    text.single(
      "graft_cached_tokens_total", "counter", "Tokens of prompts that were not computed again.",
      own.cachedTokens)
    text.single(
      "graft_completion_tokens_total", "counter", "Tokens generated.", own.completionTokens)
    text.single(
      "graft_cancelled_total", "counter", "Answers that ended because the client went away.",
      own.cancelled)
    text.single(
      "graft_stalled_total", "counter", "Streams given up because the client did not read.",
      own.stalled)
    text.single("graft_requests_running", "gauge", "Requests being answered.", engine.running)
    text.single("graft_requests_waiting", "gauge", "Requests waiting.", engine.waiting)
    text.single(
      "graft_cache_tokens_used", "gauge", "Tokens whose keys and values are kept.",
      (engine.pages - engine.freePages) * engine.pageTokens)
    text.single(
      "graft_cache_tokens", "gauge", "Tokens that there is room for.",
      engine.pages * engine.pageTokens)
    text.single(
      "graft_adapters", "gauge", "Adapters loaded.", state.engine.adapters.list.count)
    if let bytes = MemoryUse.resident {
      text.single("process_resident_memory_bytes", "gauge", "Resident memory.", bytes)
    }
    text.histogram(
      "graft_first_token_seconds", "From the request to its first token.", own.firstToken)
    text.histogram("graft_token_gap_seconds", "Between the tokens of an answer.", own.gap)
    text.histogram("graft_answer_seconds", "From the request to its end.", own.duration)
    return .text(text.text, type: "text/plain; version=0.0.4; charset=utf-8")
  }
}
