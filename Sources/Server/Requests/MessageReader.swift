import SafeIO
import Tokenization

/// Reads `messages`: roles, and content that is a string or a list of text parts.
struct MessageReader {
  private let limit: Int
  /// Whether the template writes messages of the role `tool`.
  private let knowsTools: Bool
  /// Whether it writes calls of functions.
  private let knowsCalls: Bool

  init(_ state: ServerState) {
    limit = state.limits.messages
    let template = state.tokenizer.chatTemplate?.source ?? ""
    knowsTools = template.contains("\"tool\"") || template.contains("'tool'")
    knowsCalls = template.contains("tool_calls") && state.callFormat != nil
  }

  func read(_ fields: inout Fields) throws(APIError) -> [ChatMessage] {
    guard let list = try fields.array("messages", atMost: limit) else {
      throw .value("messages", "is missing")
    }
    guard !list.isEmpty else { throw .value("messages", "must have at least one message") }
    var messages: [ChatMessage] = []
    for (index, json) in list.enumerated() {
      messages.append(try message(json, "messages[\(index)]"))
    }
    return messages
  }

  private func message(_ json: JSON, _ path: String) throws(APIError) -> ChatMessage {
    var fields = try Fields(json, path: path)
    guard let role = try fields.string("role") else { throw .value("\(path).role", "is missing") }
    var known = ["system", "developer", "user", "assistant"]
    if knowsTools { known.append("tool") }
    guard known.contains(role) else {
      throw .value("\(path).role", "must be one of \(known.joined(separator: ", "))")
    }
    var extra = JSONObject()
    if role == "assistant", knowsCalls, let calls = try Self.calls(&fields) {
      extra["tool_calls"] = calls
    }
    let content = fields.value("content")
    if content == nil, extra["tool_calls"] != nil { extra["content"] = .null }
    guard content != nil || extra["tool_calls"] != nil else {
      throw .value("\(path).content", "is missing")
    }
    let text = try content.map { (json) throws(APIError) in try Self.text(json, "\(path).content") }
    if let name = try fields.string("name") { extra["name"] = JSON(name) }
    if role == "tool", let id = try fields.string("tool_call_id") {
      extra["tool_call_id"] = JSON(id)
    }
    // What a client sends back of an earlier answer; it says nothing to the model.
    fields.accept(["refusal", "annotations"])
    try Self.refuseCalls(&fields, known: extra["tool_calls"] != nil)
    try fields.refuse(["function_call", "audio"])
    try fields.finish()
    // Small models know no developers; what these say is what a system message says.
    return ChatMessage(
      role: role == "developer" ? "system" : role, content: text ?? "", extra: extra)
  }

  /// Calls that an earlier answer made, as templates take them: their arguments are an object, not its text.
  private static func calls(_ fields: inout Fields) throws(APIError) -> JSON? {
    let name = fields.name("tool_calls")
    guard let list = try fields.array("tool_calls", atMost: 128), !list.isEmpty else { return nil }
    var calls: [JSON] = []
    for (index, json) in list.enumerated() {
      let path = "\(name)[\(index)]"
      var call = try Fields(json, path: path)
      let id = try call.string("id")
      guard try call.string("type") ?? "function" == "function" else {
        throw .value("\(path).type", "must be function")
      }
      guard let holder = call.value("function") else {
        throw .value("\(path).function", "is missing")
      }
      _ = call.value("index")
      try call.finish()
      var function = try Fields(holder, path: "\(path).function")
      guard let name = try function.string("name"), name.isPlainName else {
        throw .value("\(path).function.name", "must be 1 to 64 letters, digits, '_', '-' or '.'")
      }
      let text = try function.string("arguments") ?? "{}"
      try function.finish()
      guard let arguments = try? JSON(parsing: text), arguments.object != nil else {
        throw .value("\(path).function.arguments", "must be a JSON object, written as a string")
      }
      var read = JSONObject()
      if let id { read["id"] = JSON(id) }
      read["type"] = "function"
      read["function"] = ["name": JSON(name), "arguments": arguments]
      calls.append(JSON(read))
    }
    return JSON(calls)
  }

  /// An empty list of calls is what some clients send with every message.
  private static func refuseCalls(_ fields: inout Fields, known: Bool) throws(APIError) {
    guard !known, let calls = fields.value("tool_calls"), calls.array?.isEmpty != true else {
      return
    }
    throw .unsupported(
      fields.name("tool_calls"),
      "is not supported here: it is for messages of an assistant whose chat template writes calls")
  }

  private static func text(_ content: JSON, _ path: String) throws(APIError) -> String {
    if let text = content.string { return text }
    guard let parts = content.array else {
      throw .type(path, expected: "a string or an array of parts", found: content)
    }
    guard parts.count <= 256 else { throw .value(path, "has more than 256 parts") }
    var text = ""
    for (index, part) in parts.enumerated() {
      var fields = try Fields(part, path: "\(path)[\(index)]")
      guard let type = try fields.string("type") else {
        throw .value("\(path)[\(index)].type", "is missing")
      }
      guard type == "text" else {
        throw .value("\(path)[\(index)].type", "must be text: only text is understood")
      }
      guard let piece = try fields.string("text") else {
        throw .value("\(path)[\(index)].text", "is missing")
      }
      try fields.finish()
      text += piece
    }
    return text
  }
}
