package import SafeIO

/// One message of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Who speaks: `system`, `user`, `assistant`, `tool`.
  public var role: String
  /// What is said.
  public var content: String
  /// Further members that templates know, such as `tool_calls`, `name` or `reasoning_content`.
  ///
  /// A member `content` replaces the text: null beside tool calls, or a list of parts.
  package var extra: JSONObject

  /// A message that is only text.
  public init(role: String, content: String) {
    self.role = role
    self.content = content
    extra = JSONObject()
  }

  /// A message with further members.
  package init(role: String, content: String, extra: JSONObject) {
    self.role = role
    self.content = content
    self.extra = extra
  }

  /// The message as templates see it.
  ///
  /// What it says is marked with `index`; its role and names are not what a model learns to say.
  func templateValue(index: Int) throws -> TemplateValue {
    var mapping = TemplateMapping()
    try mapping.set(TrackedText("role"), .text(TrackedText(role, .data)))
    let origin = TextOrigin.content(message: index)
    if extra["content"] == nil {
      try mapping.set(TrackedText("content"), .text(TrackedText(content, origin)))
    }
    for (key, value) in zip(extra.keys, extra.values) where key != "role" {
      let isName = key == "name" || key == "tool_call_id"
      try mapping.set(TrackedText(key, .data), try TemplateValue(value, isName ? .data : origin))
    }
    return .mapping(mapping)
  }
}
