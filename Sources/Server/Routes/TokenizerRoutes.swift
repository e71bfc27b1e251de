import HTTPTypes
import Hummingbird
import Inference
import SafeIO
import Tokenization

/// `/tokenize`, `/detokenize`, `/tokenizer_info` and `/apply-template`.
enum TokenizerRoutes {
  /// A text, or a conversation, as tokens.
  ///
  /// `content` is llama.cpp's name for the text, `prompt` vLLM's.
  static func tokenize(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    var fields = try Fields(exchange.body)
    _ = try fields.string("model")
    let ids: [Int]
    if exchange.body["messages"] != nil {
      let messages = try MessageReader(state).read(&fields)
      let adds = try fields.bool("add_generation_prompt") ?? true
      ids = try render(messages, adds, ToolUse.read(&fields, state)?.listed, state).ids
    } else {
      let text = try fields.string("prompt")
      let content = try fields.string("content")
      guard let text = text ?? content else {
        throw APIError.value("prompt", "is missing; 'messages' are taken too")
      }
      let adds = try fields.bool("add_special_tokens") ?? true
      let parses = try fields.bool("parse_special") ?? false
      let own = Self.ids(of: text, parsing: parses, state.tokenizer)
      ids = adds ? state.tokenizer.sequencePrefix + own + state.tokenizer.sequenceSuffix : own
    }
    let wantsStrings = try fields.bool("return_token_strs") ?? false
    try fields.finish(isLenient: state.configuration.isLenient)
    let texts = TokenText(tokenizer: state.tokenizer)
    return exchange.reply([
      "count": JSON(ids.count), "max_model_len": JSON(state.engine.context), "tokens": JSON(ids),
      "token_strs": wantsStrings ? JSON(ids.map { texts.text($0) }) : .null,
    ])
  }

  /// The tokens of a text; control tokens that it spells out only where that is asked for, or where
  /// it is the name of one and nothing else, as when lm-eval asks for the id of the end of a text.
  private static func ids(of text: String, parsing: Bool, _ tokenizer: Tokenizer) -> [Int] {
    if let id = tokenizer.id(of: text), tokenizer.isSpecial(id) { return [id] }
    return tokenizer.encode(text, allowingSpecialTokens: parsing)
  }

  static func detokenize(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    var fields = try Fields(exchange.body)
    _ = try fields.string("model")
    guard let list = try fields.array("tokens", atMost: 1 << 20) else {
      throw APIError.value("tokens", "is missing")
    }
    try fields.finish(isLenient: state.configuration.isLenient)
    let text = state.tokenizer.decode(try PromptInput.tokens(list, "tokens", state))
    return exchange.reply(["prompt": JSON(text), "content": JSON(text)])
  }

  /// What clients need that count tokens or render templates themselves.
  static func info(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    let tokenizer = state.tokenizer
    func name(_ id: Int?) -> JSON { id.flatMap(tokenizer.token).map { JSON($0) } ?? .null }
    var json = JSONObject()
    json["tokenizer_class"] = "graft.Tokenizer"
    json["model_max_length"] = JSON(state.engine.context)
    json["vocab_size"] = JSON(tokenizer.vocabularySize)
    json["bos_token"] = name(tokenizer.beginningOfSequence)
    json["eos_token"] = name(tokenizer.endOfSequence.first)
    json["pad_token"] = name(tokenizer.padding)
    json["unk_token"] = name(tokenizer.unknown)
    json["eos_token_ids"] = JSON(tokenizer.endOfSequence)
    json["add_bos_token"] = JSON(!tokenizer.sequencePrefix.isEmpty)
    json["chat_template"] = tokenizer.chatTemplate.map { JSON($0.source) } ?? .null
    json["fingerprint"] = JSON(tokenizer.fingerprint)
    return exchange.reply(JSON(json))
  }

  /// A conversation as the model reads it: the text, and its tokens.
  static func applyTemplate(_ exchange: Exchange) async throws -> Response {
    let state = exchange.state
    var fields = try Fields(exchange.body)
    _ = try fields.string("model")
    let messages = try MessageReader(state).read(&fields)
    let adds = try fields.bool("add_generation_prompt") ?? true
    let tools = try ToolUse.read(&fields, state)?.listed
    try fields.finish(isLenient: state.configuration.isLenient)
    let ids = try render(messages, adds, tools, state).ids
    guard let template = state.tokenizer.chatTemplate else {
      throw noTemplate
    }
    let text: String
    do {
      text = try template.render(messages, addingGenerationPrompt: adds, tools: tools)
    } catch {
      throw ChatRequest.refusal(error)
    }
    return exchange.reply(["prompt": JSON(text), "tokens": JSON(ids), "count": JSON(ids.count)])
  }

  private static let noTemplate = APIError(
    .badRequest, code: "unsupported_model", "the model has no chat template")

  private static func render(
    _ messages: [ChatMessage], _ adds: Bool, _ tools: JSON?, _ state: ServerState
  ) throws(APIError) -> ChatEncoding {
    guard state.tokenizer.chatTemplate != nil else { throw noTemplate }
    do {
      return try state.tokenizer.encodePrompt(
        messages, addingGenerationPrompt: adds, tools: tools)
    } catch {
      throw ChatRequest.refusal(error)
    }
  }
}
