import SafeIO
import Tokenization

/// Turns one parsed line into a `Row`, or says at which column it is none.
struct RowDecoder {
  let path: String
  let line: Int
  private(set) var ignoredKeys: [String] = []

  init(path: String, line: Int) {
    self.path = path
    self.line = line
  }

  mutating func row(from json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object else { throw mismatch("", "an object", json) }
    if object["input_ids"] != nil || object["labels"] != nil, object["messages"] == nil {
      return try tokens(json)
    }
    if let messages = json["messages"] {
      try refuseTools(json)
      ignore(all: object, but: ["messages", "tools"])
      let list = try self.messages(messages, place: "messages")
      return .messages(list.map(\.message), trained: list.map(\.isTrained))
    }
    if let known = Self.knownButUnsupported.first(where: { $0.keys.allSatisfy { json[$0] != nil } })
    {
      throw RowProblem(
        path: path, line: line, column: json.position.column,
        .unsupported(feature: known.feature, advice: known.advice))
    }
    if object["prompt"] != nil || object["completion"] != nil {
      return try promptCompletion(json)
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

  /// Formats of other tools that deserve a better answer than "unknown".
  private static let knownButUnsupported: [(keys: [String], feature: String, advice: String)] = [
    (["chosen"], "a preference row", "Write the preferred answer as messages."),
    (["rejected"], "a preference row", "Write the preferred answer as messages."),
    (
      ["instruction", "output"], "an instruction/input/output row",
      "Write it as prompt and completion."
    ),
    (
      ["conversations"], "a from/value conversation",
      "Write it as messages with role and content."
    ),
  ]

  private mutating func promptCompletion(_ json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object, let prompt = json["prompt"] else {
      throw missing("prompt", in: json)
    }
    guard let completion = json["completion"] else { throw missing("completion", in: json) }
    ignore(all: object, but: ["prompt", "completion", "tools"])
    guard prompt.array != nil || completion.array != nil else {
      return .promptCompletion(
        prompt: try string(prompt, "prompt"), completion: try string(completion, "completion"))
    }
    // Conversational form: what stands in the prompt is context, whoever said it.
    try refuseTools(json)
    let context = try messages(prompt, place: "prompt")
    let answer = try messages(completion, place: "completion")
    return .messages(
      (context + answer).map(\.message),
      trained: context.map { _ in false } + answer.map(\.isTrained))
  }

  // MARK: Pre-tokenised rows

  private mutating func tokens(_ json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object, let idList = json["input_ids"] else {
      throw missing("input_ids", in: json)
    }
    guard let labelList = json["labels"] else { throw missing("labels", in: json) }
    ignore(all: object, but: ["input_ids", "labels", "attention_mask"])
    let ids = try integers(idList, "input_ids", allowed: 0...Int32.max)
    let labels = try integers(labelList, "labels", allowed: -100...Int32.max)
    guard ids.count == labels.count else {
      throw RowProblem(
        path: path, line: line, column: labelList.position.column,
        .schema(
          place: "labels", expected: "as many as input_ids, \(ids.count)",
          found: "\(labels.count)"))
    }
    if let mask = json["attention_mask"] {
      let values = try integers(mask, "attention_mask", allowed: 0...1)
      guard values.count == ids.count, values.allSatisfy({ $0 == 1 }) else {
        throw RowProblem(
          path: path, line: line, column: mask.position.column,
          .schema(
            place: "attention_mask", expected: "only ones, \(ids.count) of them",
            found: "padding"))
      }
    }
    return .tokens(ids: ids, labels: labels)
  }

  /// Integers in `allowed`; below zero only the -100 of masked labels.
  private func integers(
    _ json: JSON, _ place: String, allowed: ClosedRange<Int32>
  ) throws(RowProblem) -> [Int32] {
    guard let array = json.array else { throw mismatch(place, "an array of integers", json) }
    var result: [Int32] = []
    result.reserveCapacity(array.count)
    for (index, element) in array.enumerated() {
      guard let value = element.int, let narrow = Int32(exactly: value), allowed.contains(narrow),
        narrow >= 0 || narrow == Example.ignored
      else {
        let expected =
          allowed.lowerBound < 0
          ? "a token id or -100" : allowed.upperBound == 1 ? "0 or 1" : "a token id"
        throw mismatch("\(place)[\(index)]", expected, element)
      }
      result.append(narrow)
    }
    return result
  }

  // MARK: Scalars and messages about them

  func string(_ json: JSON, _ place: String) throws(RowProblem) -> String {
    guard let text = json.string else { throw mismatch(place, "a string", json) }
    return text
  }

  func mismatch(_ place: String, _ expected: String, _ found: JSON) -> RowProblem {
    let value =
      switch found.kind {
      case .integer, .bool: found.serialized()
      case .string(let text): "'\(text.escapedForMessage(limit: 40))'"
      default: found.typeName
      }
    return RowProblem(
      path: path, line: line, column: found.position.column,
      .schema(place: place, expected: expected, found: value))
  }

  func missing(_ key: String, in json: JSON) -> RowProblem {
    RowProblem(
      path: path, line: line, column: json.position.column,
      .schema(place: "", expected: "a key '\(key)'", found: "none"))
  }

  mutating func ignore(all object: JSONObject, but used: Set<String>) {
    ignoredKeys = object.keys.filter { !used.contains($0) }
  }
}
