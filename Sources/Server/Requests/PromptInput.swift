import HTTPTypes
import Inference
import SafeIO
import Tokenization

/// The four forms in which prompts and inputs come: a text, texts, tokens, lists of tokens.
enum PromptInput: Sendable, Equatable {
  case text(String)
  case tokens([Int])

  /// Reads the member `key`, which must be there.
  static func read(_ fields: inout Fields, _ key: String, _ state: ServerState) throws(APIError)
    -> [PromptInput]
  {
    let name = fields.name(key)
    guard let value = fields.value(key) else { throw .value(name, "is missing") }
    if let text = value.string { return [.text(text)] }
    guard let list = value.array else {
      throw .type(name, expected: "a string or an array", found: value)
    }
    guard let first = list.first else { throw .value(name, "must not be empty") }
    if first.int != nil { return [try one(value, name, state)] }
    let limit = state.limits.prompts
    guard list.count <= limit else {
      throw .value(name, "has \(list.count) elements, at most \(limit) are accepted")
    }
    var inputs: [PromptInput] = []
    for (index, element) in list.enumerated() {
      let place = "\(name)[\(index)]"
      let input = try one(element, place, state)
      if case (.text, .tokens) = (inputs.first ?? input, input) {
        throw .type(place, expected: "a string like those before it", found: element)
      }
      if case (.tokens, .text) = (inputs.first ?? input, input) {
        throw .type(place, expected: "an array like those before it", found: element)
      }
      inputs.append(input)
    }
    return inputs
  }

  /// A text or a list of tokens.
  static func one(_ value: JSON, _ name: String, _ state: ServerState) throws(APIError)
    -> PromptInput
  {
    if let text = value.string { return .text(text) }
    guard let list = value.array else {
      throw .type(name, expected: "a string or an array of token ids", found: value)
    }
    return .tokens(try tokens(list, name, state))
  }

  static func tokens(_ list: [JSON], _ name: String, _ state: ServerState) throws(APIError)
    -> [Int]
  {
    // More tokens than the context holds are refused later, with a message that says so.
    var ids: [Int] = []
    ids.reserveCapacity(list.count)
    let last = state.engine.vocabularySize - 1
    for (index, element) in list.enumerated() {
      guard let id = element.int else {
        throw .type("\(name)[\(index)]", expected: "a token id", found: element)
      }
      guard (0...last).contains(id) else {
        throw .value("\(name)[\(index)]", "must be a token id from 0 to \(last), got \(id)")
      }
      ids.append(id)
    }
    return ids
  }

  /// The tokens: texts begin with what the tokenizer puts before every text.
  func ids(_ tokenizer: Tokenizer) -> [Int] {
    switch self {
    case .text(let text): tokenizer.sequencePrefix + tokenizer.encode(text)
    case .tokens(let ids): ids
    }
  }
}
