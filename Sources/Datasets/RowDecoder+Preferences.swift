import SafeIO
import Tokenization

extension RowDecoder {
  /// `chosen` and `rejected` after a `prompt`, or two whole conversations that begin alike; also
  /// `preferred_output` and `non_preferred_output` after `input.messages`.
  mutating func preference(_ json: JSON) throws(RowProblem) -> Row {
    guard let object = json.object else { throw mismatch("", "an object", json) }
    let isOther = json["preferred_output"] != nil || json["non_preferred_output"] != nil
    let keys =
      isOther ? ("preferred_output", "non_preferred_output") : ("chosen", "rejected")
    guard let chosen = json[keys.0] else { throw missing(keys.0, in: json) }
    guard let rejected = json[keys.1] else { throw missing(keys.1, in: json) }
    let promptKey = isOther ? "input" : "prompt"
    ignore(all: object, but: [promptKey, keys.0, keys.1, "tools", "chat_template_kwargs"])
    guard chosen != rejected else {
      throw schema(at: rejected, keys.1, "another answer than \(keys.0)", found: "the same")
    }
    let inputs = try templateInputs(isOther ? json["input"] ?? json : json)
    guard let prompt = isOther ? json["input"]?["messages"] : json["prompt"] else {
      return try withoutPrompt(chosen, rejected, keys, inputs)
    }
    if begins(chosen, with: prompt), begins(rejected, with: prompt) {
      return try withoutPrompt(chosen, rejected, keys, inputs)
    }
    for (key, side) in [(keys.0, chosen), (keys.1, rejected)] {
      // A question here would be asked a second time, or be another one than the prompt.
      guard let first = side.array?.first, let role = first["role"]?.string,
        ["system", "developer", "user"].contains(role)
      else { continue }
      throw schema(
        at: first, key, "an answer, or a conversation that begins with the prompt",
        found: "a message of the \(role)")
    }
    return .preference(
      chosen: try answered(prompt, chosen, place: keys.0, inputs),
      rejected: try answered(prompt, rejected, place: keys.1, inputs))
  }

  /// Whether a conversation repeats the prompt that stands beside it: its messages, or the text of the first of the
  /// user's or of the last before the answer.
  private func begins(_ conversation: JSON, with prompt: JSON) -> Bool {
    guard let messages = conversation.array else { return false }
    if let asked = prompt.array {
      return !asked.isEmpty && asked.count < messages.count
        && zip(asked, messages).allSatisfy {
          $0["role"] == $1["role"] && $0["content"] == $1["content"]
        }
    }
    let questions = messages.filter { $0["role"]?.string == "user" }
    return messages.first?["role"]?.string != "assistant"
      && [questions.first, questions.last].contains { $0?["content"] == prompt }
  }

  /// The prompt is what both have in common at their beginning.
  private mutating func withoutPrompt(
    _ chosen: JSON, _ rejected: JSON, _ keys: (String, String), _ inputs: TemplateInputs
  ) throws(RowProblem) -> Row {
    if let first = chosen.string, let second = rejected.string {
      let prompt = commonBeginning(first, second)
      guard !prompt.isEmpty else { throw noCommonBeginning(rejected, keys) }
      func completion(_ text: String) -> String {
        String(text.unicodeScalars.dropFirst(prompt.unicodeScalars.count))
      }
      return .preference(
        chosen: .promptCompletion(prompt: prompt, completion: completion(first)),
        rejected: .promptCompletion(prompt: prompt, completion: completion(second)))
    }
    let first = try messages(chosen, place: keys.0)
    let second = try messages(rejected, place: keys.1)
    let common = zip(first, second).prefix { $0.message == $1.message }.count
    guard common > 0, common < first.count, common < second.count else {
      throw noCommonBeginning(rejected, keys)
    }
    func side(_ list: [DecodedMessage]) -> Row {
      var list = list
      for index in 0..<common { list[index].isTrained = false }
      return conversation(list, inputs)
    }
    return .preference(chosen: side(first), rejected: side(second))
  }

  /// What two texts share at their beginning, a last space left to the answers.
  private func commonBeginning(_ first: String, _ second: String) -> String {
    var common = String.UnicodeScalarView()
    for (a, b) in zip(first.unicodeScalars, second.unicodeScalars) {
      guard a == b else { break }
      common.append(a)
    }
    if common.last == " " { common.removeLast() }
    return String(common)
  }

  private func noCommonBeginning(_ json: JSON, _ keys: (String, String)) -> RowProblem {
    schema(
      at: json, "", "a prompt, or \(keys.0) and \(keys.1) that begin alike and then differ",
      found: "neither")
  }
}
