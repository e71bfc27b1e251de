import SafeIO
import Tokenization

extension RowDecoder {
  struct DecodedMessage {
    var message: ChatMessage
    var isTrained: Bool
  }

  private static let roles: Set<String> = ["system", "developer", "user", "assistant", "tool"]

  /// A list of messages.
  ///
  /// Those of the assistant are trained unless the row says otherwise with
  /// `"weight": 0` or `"train": false`.
  func messages(_ json: JSON, place: String) throws(RowProblem) -> [DecodedMessage] {
    guard let array = json.array else { throw mismatch(place, "an array of messages", json) }
    guard !array.isEmpty else {
      throw RowProblem(
        path: path, line: line, column: json.position.column,
        .schema(place: place, expected: "at least one message", found: "an empty array"))
    }
    var result: [DecodedMessage] = []
    for (index, element) in array.enumerated() {
      result.append(try message(element, place: "\(place)[\(index)]"))
    }
    return result
  }

  private func message(_ json: JSON, place: String) throws(RowProblem) -> DecodedMessage {
    guard let object = json.object else { throw mismatch(place, "an object", json) }
    guard let roleValue = json["role"] else { throw missing("role", in: json) }
    let role = try string(roleValue, "\(place).role")
    guard Self.roles.contains(role) else {
      throw mismatch("\(place).role", "system, user, assistant or tool", roleValue)
    }
    for key in object.keys where !["role", "content", "weight", "train"].contains(key) {
      guard let value = object[key], !value.isNull, value.array?.isEmpty != true else { continue }
      // The template would render some of these and drop others: neither must happen unnoticed.
      throw RowProblem(
        path: path, line: line, column: value.position.column,
        .unsupported(
          feature: "\(place).\(key.escapedForMessage(limit: 40))",
          advice: "Messages have role, content and, for the assistant, weight or train."))
    }
    guard let content = json["content"] else { throw missing("content", in: json) }
    return DecodedMessage(
      message: ChatMessage(role: role, content: try string(content, "\(place).content")),
      isTrained: try isTrained(json, role: role, place: place))
  }

  private func isTrained(_ json: JSON, role: String, place: String) throws(RowProblem) -> Bool {
    var trained = role == "assistant"
    if let weight = json["weight"], !weight.isNull {
      guard let number = weight.double, number == 0 || number == 1 else {
        throw mismatch("\(place).weight", "0 or 1", weight)
      }
      trained = trained && number == 1
    }
    if let train = json["train"], !train.isNull {
      guard let flag = train.bool else { throw mismatch("\(place).train", "true or false", train) }
      trained = trained && flag
    }
    return trained
  }

  /// Refuses rows whose answers only make sense with the list of tools in the prompt.
  func refuseTools(_ json: JSON) throws(RowProblem) {
    guard let tools = json["tools"], !tools.isNull, tools.array?.isEmpty != true else { return }
    throw RowProblem(
      path: path, line: line, column: tools.position.column,
      .unsupported(
        feature: "a row with tools",
        advice: "Write the tools into the system message and the calls as text."))
  }
}
