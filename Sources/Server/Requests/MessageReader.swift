import SafeIO
import Tokenization

/// Reads `messages`: roles, and content that is a string or a list of text parts.
struct MessageReader {
  private let limit: Int
  /// Whether the template writes messages of the role `tool`.
  private let knowsTools: Bool

  init(_ state: ServerState) {
    limit = state.limits.messages
    let template = state.tokenizer.chatTemplate?.source ?? ""
    knowsTools = template.contains("\"tool\"") || template.contains("'tool'")
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
    guard let content = fields.value("content") else {
      throw .value("\(path).content", "is missing")
    }
    let text = try Self.text(content, "\(path).content")
    var extra = JSONObject()
    if let name = try fields.string("name") { extra["name"] = JSON(name) }
    if role == "tool", let id = try fields.string("tool_call_id") {
      extra["tool_call_id"] = JSON(id)
    }
    // What a client sends back of an earlier answer; it says nothing to the model.
    fields.accept(["refusal", "annotations"])
    try fields.refuse(["tool_calls", "function_call", "audio"])
    try fields.finish()
    // Small models know no developers; what these say is what a system message says.
    return ChatMessage(role: role == "developer" ? "system" : role, content: text, extra: extra)
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
