import SafeIO
import Tokenization

/// The formats of other tools that are conversations under other names.
extension RowDecoder {
  /// Who speaks, by the names that ShareGPT's descendants use.
  private static let speakers: [String: String] = [
    "human": "user", "user": "user",
    "gpt": "assistant", "chatgpt": "assistant", "assistant": "assistant", "model": "assistant",
    "bot": "assistant", "function_call": "assistant",
    "system": "system",
    "tool": "tool", "function": "tool", "observation": "tool", "function_response": "tool",
    "tool_response": "tool",
  ]

  /// `conversations` with `from` and `value`, and a `system` beside them.
  mutating func sharedConversation(_ json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object, let list = json["conversations"] else {
      throw missing("conversations", in: json)
    }
    ignore(all: object, but: ["conversations", "system", "tools", "chat_template_kwargs"])
    guard let array = list.array else {
      throw mismatch("conversations", "an array of messages", list)
    }
    guard !array.isEmpty else {
      throw schema(at: list, "conversations", "at least one message", found: "an empty array")
    }
    // Some writers keep the key and use role and content below it.
    if array.allSatisfy({ $0["role"] != nil }) {
      let system = try systemMessage(json)
      return conversation(
        system + (try messages(list, place: "conversations")), try templateInputs(json))
    }
    var turns = try systemMessage(json)
    for (index, element) in array.enumerated() {
      turns.append(try sharedMessage(element, place: "conversations[\(index)]"))
    }
    return conversation(turns, try templateInputs(json))
  }

  private mutating func sharedMessage(
    _ json: JSON, place: String
  ) throws(RowProblem) -> DecodedMessage {
    guard let object = json.object else { throw mismatch(place, "an object", json) }
    guard let from = json["from"] else { throw missing("from", in: json) }
    guard let value = json["value"] else { throw missing("value", in: json) }
    guard let role = Self.speakers[try string(from, "\(place).from")] else {
      throw mismatch("\(place).from", "human, gpt, system or tool", from)
    }
    for key in object.keys where !["from", "value", "weight", "train"].contains(key) {
      guard let extra = object[key], !extra.isNull else { continue }
      throw RowProblem(
        path: path, line: line, column: extra.position.column,
        .unsupported(
          feature: "\(place).\(key.escapedForMessage(limit: 40))",
          advice: "Messages of a conversation have from, value and, for gpt, weight or train."))
    }
    return DecodedMessage(
      message: ChatMessage(role: role, content: try string(value, "\(place).value")),
      isTrained: try isTrained(json, role: role, place: place))
  }

  /// `instruction`, `input` and `output`, with the `system` and the `history` of earlier turns.
  ///
  /// The input follows the instruction after an empty line, in one message of the user: a chat model
  /// has its template in the place of Alpaca's preamble.
  mutating func instruction(_ json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object, let instruction = json["instruction"] else {
      throw missing("instruction", in: json)
    }
    guard let output = json["output"] else { throw missing("output", in: json) }
    ignore(all: object, but: ["instruction", "input", "output", "system", "history"])
    var question = try string(instruction, "instruction")
    if let input = json["input"], !input.isNull {
      let text = try string(input, "input")
      if text.contains(where: { !$0.isWhitespace }) { question += "\n\n" + text }
    }
    var turns = try systemMessage(json)
    if let history = json["history"], !history.isNull {
      guard let pairs = history.array else { throw mismatch("history", "an array", history) }
      for (index, pair) in pairs.enumerated() {
        guard let texts = pair.array, texts.count == 2 else {
          throw mismatch("history[\(index)]", "a pair of strings", pair)
        }
        turns += pairOfTurns(
          try string(texts[0], "history[\(index)][0]"), try string(texts[1], "history[\(index)][1]")
        )
      }
    }
    turns += pairOfTurns(question, try string(output, "output"))
    return conversation(turns, TemplateInputs())
  }

  private func pairOfTurns(_ question: String, _ answer: String) -> [DecodedMessage] {
    [
      DecodedMessage(message: ChatMessage(role: "user", content: question), isTrained: false),
      DecodedMessage(message: ChatMessage(role: "assistant", content: answer), isTrained: true),
    ]
  }

  private func systemMessage(_ json: JSON) throws(RowProblem) -> [DecodedMessage] {
    guard let system = json["system"], !system.isNull else { return [] }
    let text = try string(system, "system")
    if text.isEmpty { return [] }
    return [DecodedMessage(message: ChatMessage(role: "system", content: text), isTrained: false)]
  }
}
