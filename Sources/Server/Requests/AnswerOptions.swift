import Inference
import SafeIO

/// What chat and text completions have in common: how an answer is chosen, bounded and delivered.
struct AnswerOptions: Sendable {
  var model: String
  var temperature: Double
  var topP: Double
  var topK: Int?
  var minP: Double
  var repetitionPenalty: Double
  var presencePenalty: Double
  var frequencyPenalty: Double
  var logitBias: [Int: Double]
  var seed: UInt64
  var choices: Int
  var stops: [String]
  var stopTokens: Set<Int>
  var minTokens: Int
  var ignoresEndOfSequence: Bool
  var includesStop: Bool
  var constraint: Constraint
  var streams: Bool
  var includesUsage: Bool
  var returnsTokens: Bool
  var cacheSalt: String
  var deadlineSeconds: Double

  /// Members of the API that cannot change an answer.
  static let withoutEffect = [
    "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key",
    "prompt_cache_retention", "verbosity", "parallel_tool_calls",
  ]

  /// Reads the members that both kinds have.
  init(_ fields: inout Fields, _ state: ServerState) throws(APIError) {
    let (limits, vocabulary) = (state.limits, state.engine.vocabularySize)
    guard let model = try fields.string("model") else { throw .value("model", "is missing") }
    self.model = model
    temperature = try fields.number("temperature", in: 0...2) ?? 1
    topP = try fields.number("top_p", in: 0...1, excludingLowest: true) ?? 1
    // vLLM's -1, and 0, stand for all tokens.
    let topK = try fields.integer("top_k", in: -1...1_000_000) ?? 0
    self.topK = topK > 0 ? topK : nil
    minP = try fields.number("min_p", in: 0...1) ?? 0
    repetitionPenalty = try fields.number("repetition_penalty", in: 0.01...100) ?? 1
    presencePenalty = try fields.number("presence_penalty", in: -2...2) ?? 0
    frequencyPenalty = try fields.number("frequency_penalty", in: -2...2) ?? 0
    logitBias = try LogitBias.read(&fields, vocabulary: vocabulary, limit: limits.biases)
    let seed = try fields.integer("seed", in: Int.min...Int.max)
    self.seed = seed.map { UInt64(bitPattern: Int64($0)) } ?? UInt64.random(in: 0..<1 << 53)
    choices = try fields.integer("n", in: 1...limits.choices) ?? 1
    stops = try Stop.read(&fields, limits)
    stopTokens = try Self.stopTokens(&fields, vocabulary: vocabulary)
    minTokens = try fields.integer("min_tokens", in: 0...Int.max) ?? 0
    ignoresEndOfSequence = try fields.bool("ignore_eos") ?? false
    includesStop = try fields.bool("include_stop_str_in_output") ?? false
    returnsTokens = try fields.bool("return_token_ids") ?? false
    cacheSalt = try Self.salt(&fields)
    constraint = try Constraint.read(&fields)
    streams = try fields.bool("stream") ?? false
    includesUsage = try Self.includesUsage(&fields, streams: streams)
    let milliseconds = try fields.integer("deadline_ms", in: 1...86_400_000)
    deadlineSeconds = min(
      limits.requestSeconds, milliseconds.map { Double($0) / 1000 } ?? .infinity)
    try Self.checkNumerics(&fields, state)
    fields.accept(Self.withoutEffect)
    try fields.refuse(
      ["lora"], "is not supported: the adapter is chosen by 'model', one for each request")
    try fields.refuse(
      ["prompt_logprobs"], "is not supported: use 'echo' with 'logprobs' of /v1/completions")
  }

  private static func stopTokens(_ fields: inout Fields, vocabulary: Int) throws(APIError)
    -> Set<Int>
  {
    var ids: Set<Int> = []
    let name = fields.name("stop_token_ids")
    for (index, id) in (try fields.array("stop_token_ids", atMost: 64) ?? []).enumerated() {
      ids.insert(try Fields.integer(id, "\(name)[\(index)]", in: 0...vocabulary - 1))
    }
    return ids
  }

  private static func salt(_ fields: inout Fields) throws(APIError) -> String {
    let salt = try fields.string("cache_salt") ?? ""
    guard salt.utf8.count <= 256 else { throw .value("cache_salt", "is longer than 256 bytes") }
    return salt
  }

  private static func includesUsage(_ fields: inout Fields, streams: Bool) throws(APIError)
    -> Bool
  {
    guard let options = fields.value("stream_options") else { return false }
    guard streams else { throw .value("stream_options", "needs 'stream': true") }
    var inner = try Fields(options, path: "stream_options")
    let includesUsage = try inner.bool("include_usage") ?? false
    _ = try inner.bool("include_obfuscation")
    try inner.finish()
    return includesUsage
  }

  private static func checkNumerics(_ fields: inout Fields, _ state: ServerState) throws(APIError) {
    guard let wanted = try fields.string("numerics") else { return }
    guard ["fast", "exact"].contains(wanted) else {
      throw .value("numerics", "must be fast or exact")
    }
    let own = state.engine.configuration.numerics == .exact ? "exact" : "fast"
    guard wanted == own else {
      throw .unsupported(
        "numerics", "cannot be '\(wanted)' here: this server computes with --numerics \(own)")
    }
  }
}
