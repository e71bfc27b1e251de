import Inference
import SafeIO
import Tokenization

/// One line of a file of prompts, as tokens.
struct GenerationRow {
  let line: Int
  /// The row as it was read; what is generated is added to it.
  let object: JSONObject
  let prompt: [Int]

  /// The row with what was generated for it.
  func json(_ answer: RowJournal.Answer) -> JSON {
    var object = object
    object["completion"] = JSON(answer.text)
    object["finish_reason"] = JSON(answer.finishReason)
    object["tokens"] = JSON(answer.tokens)
    return JSON(object)
  }
}

/// Reads rows with `messages`, `prompt` or `input_ids`.
struct GenerationRowReader {
  let path: String
  let tokenizer: Tokenizer?
  /// Put before conversations that have no system message.
  var system: String?
  /// Whether prompts are continued as they are, without the chat template.
  var isRaw = false

  /// All rows; `check` throws for a prompt that cannot be answered.
  ///
  /// - Throws: `GenerationInputError` for the first row that cannot be used.
  func rows(check: ([Int]) throws -> Void) throws -> [GenerationRow] {
    var rows: [GenerationRow] = []
    try JSONLines.forEach(path: path) { line, bytes in
      do {
        let json = try JSON(parsing: bytes)
        let row = try row(json, line: line)
        try check(row.prompt)
        rows.append(row)
      } catch let error as JSONError {
        throw GenerationInputError.row(
          path: path, line: line, column: error.position.column, problem: error.explanation,
          hint: error.hint)
      } catch let error as any UserFacingError where !(error is GenerationInputError) {
        throw GenerationInputError.row(
          path: path, line: line, column: nil, problem: error.description, hint: error.hint)
      }
    }
    if rows.isEmpty { throw GenerationInputError.noRows(path: path) }
    return rows
  }

  private func row(_ json: JSON, line: Int) throws -> GenerationRow {
    guard let object = json.object else {
      throw problem(json, line, "expected an object, found \(json.typeName)")
    }
    let keys = ["messages", "prompt", "input_ids"].filter { object[$0] != nil }
    guard keys.count == 1, let value = object[keys[0]] else {
      throw problem(
        json, line,
        keys.isEmpty
          ? "expected a key messages, prompt or input_ids"
          : "has \(keys.joined(separator: " and ")), expected one of them")
    }
    let prompt: [Int]
    switch keys[0] {
    case "input_ids": prompt = try ids(value, line)
    case "prompt":
      guard let text = value.string else {
        throw problem(value, line, "prompt: expected a string, found \(value.typeName)")
      }
      prompt = try PromptSource(system: system, isRaw: isRaw).tokens(text, tokenizer)
    default:
      prompt = try PromptEncoder(tokenizer).encode(try conversation(value, line))
    }
    return GenerationRow(line: line, object: object, prompt: prompt)
  }

  private func ids(_ json: JSON, _ line: Int) throws -> [Int] {
    guard let array = json.array else {
      throw problem(json, line, "input_ids: expected an array, found \(json.typeName)")
    }
    return try array.map { element in
      guard let id = element.int else {
        throw problem(element, line, "input_ids: expected integers, found \(element.typeName)")
      }
      return id
    }
  }

  /// The messages up to the answer that is to be generated: a last one by the assistant is left out.
  private func conversation(_ json: JSON, _ line: Int) throws -> [ChatMessage] {
    guard let array = json.array, !array.isEmpty else {
      throw problem(json, line, "messages: expected an array of messages")
    }
    var messages = try array.enumerated().map { index, element in
      guard let role = element["role"]?.string, let content = element["content"]?.string else {
        throw problem(
          element, line,
          "messages[\(index)]: expected an object with role and content, both strings"
        )
      }
      return ChatMessage(role: role, content: content)
    }
    if messages.last?.role == "assistant" { messages.removeLast() }
    if messages.isEmpty { throw problem(json, line, "messages: nothing before the answer") }
    if let system, messages.first?.role != "system" {
      messages.insert(ChatMessage(role: "system", content: system), at: 0)
    }
    return messages
  }

  private func problem(_ json: JSON, _ line: Int, _ text: String) -> GenerationInputError {
    .row(
      path: path, line: line, column: json.position.column, problem: text,
      hint: "Rows are {\"prompt\": …}, {\"messages\": […]} or {\"input_ids\": […]}.")
  }
}

/// How a person's prompt becomes tokens.
struct PromptSource {
  var system: String?
  var isRaw: Bool

  func tokens(_ text: String, _ tokenizer: Tokenizer?) throws -> [Int] {
    let encoder = try PromptEncoder(tokenizer)
    if isRaw { return encoder.encode(continuing: text) }
    var messages = [ChatMessage(role: "user", content: text)]
    if let system { messages.insert(ChatMessage(role: "system", content: system), at: 0) }
    return try encoder.encode(messages)
  }
}
