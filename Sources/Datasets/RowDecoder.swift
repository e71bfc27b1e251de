import SafeIO
import Tokenization

/// Turns one parsed line into a `Row`, or says at which column it is none.
struct RowDecoder {
  let path: String
  let line: Int
  private(set) var ignoredKeys: [String] = []
  /// The format that was found.
  private(set) var format: Row.Format?

  init(path: String, line: Int) {
    self.path = path
    self.line = line
  }

  mutating func row(from json: JSON) throws(RowProblem) -> Row {
    guard let members = json.object else { throw mismatch("", "an object", json) }
    // Tables that were put together have a column for every key, null where a row has none.
    var object = JSONObject()
    for (key, value) in members where !value.isNull { object[key] = value }
    let row = try decoded(JSON(.object(object), position: json.position), object)
    format = format ?? row.format
    return row
  }

  /// The keys decide, the most telling first: an Alpaca row may also have its prompt under `text`.
  private mutating func decoded(_ json: JSON, _ object: JSONObject) throws(RowProblem) -> Row {
    if object["completions"] != nil, object["labels"] != nil {
      throw RowProblem(
        path: path, line: line, column: json.position.column,
        .unsupported(
          feature: "a row of labelled steps", advice: "Write the steps as one completion."))
    }
    if object["input_ids"] != nil || object["labels"] != nil, object["messages"] == nil {
      return try tokens(json)
    }
    let preferenceKeys = ["chosen", "rejected", "preferred_output", "non_preferred_output"]
    if preferenceKeys.contains(where: { object[$0] != nil }) { return try preference(json) }
    if let messages = json["messages"] {
      ignore(all: object, but: ["messages", "tools", "chat_template_kwargs"])
      return conversation(
        try self.messages(messages, place: "messages"), try templateInputs(json))
    }
    if object["conversations"] != nil {
      format = .sharegpt
      return try sharedConversation(json)
    }
    if object["prompt"] != nil || object["completion"] != nil { return try promptCompletion(json) }
    if object["instruction"] != nil, object["output"] != nil {
      format = .alpaca
      return try instruction(json)
    }
    if let text = json["text"] {
      ignore(all: object, but: ["text"])
      return .text(try string(text, "text"))
    }
    let keys = object.keys.prefix(8).map { "'\($0.escapedForMessage(limit: 40))'" }
    throw RowProblem(
      path: path, line: line, column: json.position.column,
      .schema(
        place: "", expected: "a key messages, prompt, text or input_ids",
        found: keys.isEmpty ? "an empty object" : "only \(keys.joined(separator: ", "))"))
  }

  /// A question and its answer, with a `label` that is true or false an answer that is judged.
  private mutating func promptCompletion(_ json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object, let prompt = json["prompt"] else {
      throw missing("prompt", in: json)
    }
    guard let completion = json["completion"] else { throw missing("completion", in: json) }
    let judgement = json["label"]?.bool
    var used: Set = ["prompt", "completion", "tools", "chat_template_kwargs"]
    if judgement != nil { used.insert("label") }
    ignore(all: object, but: used)
    let row = try answered(prompt, completion, place: "completion", try templateInputs(json))
    return judgement.map { .unpaired(row, isDesirable: $0) } ?? row
  }

  /// A prompt with an answer to it, both strings or both lists of messages.
  mutating func answered(
    _ prompt: JSON, _ answer: JSON, place: String, _ inputs: TemplateInputs
  ) throws(RowProblem) -> Row {
    guard prompt.array != nil || answer.array != nil || inputs != TemplateInputs() else {
      return .promptCompletion(
        prompt: try string(prompt, "prompt"), completion: try string(answer, place))
    }
    // Conversational form: what stands in the prompt is context, whoever said it.
    var context = try turns(prompt, role: "user", place: "prompt")
    for index in context.indices { context[index].isTrained = false }
    return conversation(context + (try turns(answer, role: "assistant", place: place)), inputs)
  }

  /// Messages; a string is one of `role`.
  private mutating func turns(
    _ json: JSON, role: String, place: String
  ) throws(RowProblem) -> [DecodedMessage] {
    guard let text = json.string else { return try messages(json, place: place) }
    return [
      DecodedMessage(
        message: ChatMessage(role: role, content: text), isTrained: role == "assistant")
    ]
  }

  func conversation(_ list: [DecodedMessage], _ inputs: TemplateInputs) -> Row {
    .messages(list.map(\.message), trained: list.map(\.isTrained), inputs: inputs)
  }

  // MARK: Scalars and messages about them

  func string(_ json: JSON, _ place: String) throws(RowProblem) -> String {
    guard let text = json.string else { throw mismatch(place, "a string", json) }
    return text
  }

  func mismatch(_ place: String, _ expected: String, _ found: JSON) -> RowProblem {
    let value =
      switch found.kind {
      case .integer, .bool, .number: found.serialized()
      case .string(let text): "'\(text.escapedForMessage(limit: 40))'"
      default: found.typeName
      }
    return schema(at: found, place, expected, found: value)
  }

  func schema(
    at json: JSON, _ place: String, _ expected: String, found: String
  ) -> RowProblem {
    RowProblem(
      path: path, line: line, column: json.position.column,
      .schema(place: place, expected: expected, found: found))
  }

  func missing(_ key: String, in json: JSON) -> RowProblem {
    schema(at: json, "", "a key '\(key)'", found: "none")
  }

  mutating func ignore(all object: JSONObject, but used: Set<String>) {
    for key in object.keys where !used.contains(key) { ignore(key) }
  }

  /// Notes a key that nothing reads, once a row.
  mutating func ignore(_ key: String) {
    if !ignoredKeys.contains(key) { ignoredKeys.append(key) }
  }
}
