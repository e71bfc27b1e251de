import SafeIO
import Tokenization

extension RowDecoder {
  struct DecodedMessage: Equatable {
    var message: ChatMessage
    var isTrained: Bool
  }

  private static let roles: Set<String> = ["system", "developer", "user", "assistant", "tool"]

  /// Members of messages that some templates read; whether this model's does, the builder checks.
  private static let templateMembers: Set<String> = [
    "tool_calls", "tool_call_id", "name", "reasoning_content", "reasoning", "thinking",
  ]

  /// A list of messages.
  ///
  /// Those of the assistant are trained unless the row says otherwise with
  /// `"weight": 0` or `"train": false`.
  mutating func messages(_ json: JSON, place: String) throws(RowProblem) -> [DecodedMessage] {
    guard let array = json.array else { throw mismatch(place, "an array of messages", json) }
    guard !array.isEmpty else {
      throw schema(at: json, place, "at least one message", found: "an empty array")
    }
    var result: [DecodedMessage] = []
    for (index, element) in array.enumerated() {
      result.append(try message(element, place: "\(place)[\(index)]"))
    }
    return result
  }

  private mutating func message(
    _ json: JSON, place: String
  ) throws(RowProblem) -> DecodedMessage {
    guard let object = json.object else { throw mismatch(place, "an object", json) }
    guard let roleValue = json["role"] else { throw missing("role", in: json) }
    let role = try string(roleValue, "\(place).role")
    guard Self.roles.contains(role) else {
      throw mismatch("\(place).role", "system, user, assistant or tool", roleValue)
    }
    var extra = try templateMembers(of: object, place: place)
    let calls = extra["tool_calls"] != nil
    let content = json["content"]
    guard content != nil || calls else { throw missing("content", in: json) }
    var text = ""
    if calls, content?.isNull ?? true {
      extra["content"] = .null
    } else {
      text = try self.text(content ?? .null, "\(place).content")
    }
    return DecodedMessage(
      message: ChatMessage(role: role, content: text, extra: extra),
      isTrained: try isTrained(json, role: role, place: place))
  }

  /// The text of a message: a string, or a list of parts, of which all must be text.
  private func text(_ content: JSON, _ place: String) throws(RowProblem) -> String {
    guard let parts = content.array else { return try string(content, place) }
    var result = ""
    for (index, part) in parts.enumerated() {
      let here = "\(place)[\(index)]"
      guard let object = part.object else {
        throw mismatch(here, "a part with type and text", part)
      }
      guard let type = object["type"]?.string, type == "text" else {
        throw RowProblem(
          path: path, line: line, column: part.position.column,
          .unsupported(
            feature: "\(here) of type "
              + (object["type"]?.serialized().escapedForMessage(limit: 40) ?? "none"),
            advice:
              "The models read text: parts of a message are {\"type\": \"text\", \"text\": …}."))
      }
      guard let text = object["text"] else { throw missing("text", in: part) }
      result += try string(text, "\(here).text")
    }
    return result
  }

  /// What a message has beside its text, for the template.
  private func templateMembers(
    of object: JSONObject, place: String
  ) throws(RowProblem) -> JSONObject {
    var extra = JSONObject()
    for key in object.keys where !["role", "content", "weight", "train"].contains(key) {
      guard let value = object[key], !value.isNull, value.array?.isEmpty != true else { continue }
      guard Self.templateMembers.contains(key) else {
        // A template could render it or drop it: neither must happen unnoticed.
        throw RowProblem(
          path: path, line: line, column: value.position.column,
          .unsupported(
            feature: "\(place).\(key.escapedForMessage(limit: 40))",
            advice: "Messages have role, content, tool_calls, name and, for the assistant, "
              + "weight or train."))
      }
      if key == "tool_calls" {
        guard let list = value.array, list.allSatisfy({ $0.object != nil }) else {
          throw mismatch("\(place).tool_calls", "an array of objects", value)
        }
      } else {
        _ = try string(value, "\(place).\(key)")
      }
      extra[key] = value
    }
    return extra
  }

  mutating func isTrained(
    _ json: JSON, role: String, place: String
  ) throws(RowProblem) -> Bool {
    var trained = role == "assistant"
    if let weight = json["weight"], !weight.isNull {
      guard let number = weight.double, number == 0 || number == 1 else {
        throw mismatch("\(place).weight", "0 or 1", weight)
      }
      trained = trained && number == 1
    }
    if let train = json["train"], !train.isNull {
      guard let flag = train.bool else { throw mismatch("\(place).train", "true or false", train) }
      // Only what the assistant says is learnt: who asks for more should know.
      if flag, role != "assistant" { ignore("messages.train (\(role))") }
      trained = trained && flag
    }
    return trained
  }

  /// `tools`, a list or a string that holds one, and `chat_template_kwargs`.
  func templateInputs(_ json: JSON) throws(RowProblem) -> TemplateInputs {
    var inputs = TemplateInputs()
    if let tools = json["tools"], !tools.isNull {
      let list = try toolList(tools)
      if !list.isEmpty { inputs.tools = JSON(list) }
    }
    if let variables = json["chat_template_kwargs"], !variables.isNull {
      guard let object = variables.object else {
        throw mismatch("chat_template_kwargs", "an object", variables)
      }
      let reserved = ["messages", "tools", "add_generation_prompt"]
      if let key = object.keys.first(where: { reserved.contains($0) }) {
        throw schema(
          at: variables, "chat_template_kwargs", "only further variables", found: "'\(key)'")
      }
      inputs.variables = object
    }
    return inputs
  }

  private func toolList(_ tools: JSON) throws(RowProblem) -> [JSON] {
    var list = tools.array
    if let text = tools.string {
      if text.allSatisfy(\.isWhitespace) { return [] }
      list = (try? JSON(parsing: Array(text.utf8), limits: .init(depth: 64)))?.array
    }
    guard let list, list.allSatisfy({ $0.object != nil }) else {
      throw mismatch("tools", "an array of objects, or a string that holds one", tools)
    }
    return list
  }
}
