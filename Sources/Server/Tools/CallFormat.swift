import Foundation
import SafeIO
import Tokenization

/// How a model writes calls of functions: as its chat template writes those of earlier turns.
///
/// The template is given a call to render, and what it puts around the name and the arguments is taken for the format. So
/// no model's format need be known here; a template that writes calls in a way that an answer's text cannot be read back
/// from has none.
struct CallFormat: Sendable, Equatable {
  /// What stands before a function's name.
  let beforeName: String
  /// What stands between its name and its arguments, which are a JSON object.
  let beforeArguments: String
  /// What stands behind its arguments.
  let closing: String
  /// White space between two calls; nil where a turn has one at most.
  let separator: String?

  /// What a call begins with, wherever in a text; empty where calls are only found by their place, at the beginning.
  let mark: String

  /// All that stands before the arguments of a call of `function`.
  func opening(_ function: String) -> String { beforeName + function + beforeArguments }

  private static let names = ("graft_probe_one", "graft_probe_two")
  private static let arguments: JSON = ["graft_key": "graft_value"]
  private static let spellings = [
    #"{"graft_key": "graft_value"}"#, #"{"graft_key":"graft_value"}"#,
  ]

  /// The format of the tokenizer's template; nil if it writes no calls, or not so that they could be read.
  init?(_ tokenizer: Tokenizer) {
    guard let template = tokenizer.chatTemplate,
      let prompt = Self.prompt(template, tools: Self.tools),
      // A template that says the same without tools does not tell the model of them.
      prompt != Self.prompt(template, tools: nil),
      let one = Self.turn(template, [Self.names.0], after: prompt),
      let name = one.range(of: Self.names.0),
      let arguments = Self.spellings.lazy.compactMap({ one.range(of: $0) }).first,
      name.upperBound <= arguments.lowerBound
    else { return nil }
    let ends = tokenizer.endOfSequence.compactMap { tokenizer.token(for: $0) }
    var rest = String(one[arguments.upperBound...])
    for end in ends {
      if let place = rest.range(of: end) { rest = String(rest[..<place.lowerBound]) }
    }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    var before = String(one[..<name.lowerBound])
    // An empty thought before the call is not a part of it.
    if let thought = before.range(of: "</think>") {
      before = String(before[thought.upperBound...].drop { $0.isNewline })
    }
    beforeName = before
    beforeArguments = String(one[name.upperBound..<arguments.lowerBound])
    closing = rest
    let whole = "\(before)\(Self.names.0)\(beforeArguments)\(one[arguments])\(closing)"
    let two = Self.turn(template, [Self.names.0, Self.names.1], after: prompt)
    separator = two.flatMap { two -> String? in
      guard let first = two.range(of: whole),
        let second = two[first.upperBound...].range(of: before + Self.names.1)
      else { return nil }
      let between = two[first.upperBound..<second.lowerBound]
      return between.allSatisfy(\.isWhitespace) ? String(between) : nil
    }
    mark = before.prefix { $0 != "{" }.trimmingCharacters(in: .whitespacesAndNewlines)
    // Control tokens are no part of an answer's text, and ids would have to be guessed.
    guard tokenizer.countSpecialTokens(spelledOutIn: whole) == 0, !whole.contains(Self.id(0)),
      !closing.isEmpty, !before.isEmpty
    else { return nil }
  }

  private static func prompt(_ template: ChatTemplate, tools: JSON?) -> String? {
    try? template.render([question], addingGenerationPrompt: true, tools: tools)
  }

  private static let question = ChatMessage(role: "user", content: "?")

  private static let tools: JSON = JSON(
    [names.0, names.1].map { name -> JSON in
      [
        "type": "function",
        "function": [
          "name": JSON(name), "description": "?",
          "parameters": ["type": "object", "properties": ["graft_key": ["type": "string"]]],
        ],
      ]
    })

  /// An id of nine letters and digits, which some templates insist on.
  private static func id(_ place: Int) -> String { "graftid0\(place)" }

  /// What the template writes for an assistant's turn that is nothing but calls.
  private static func turn(_ template: ChatTemplate, _ names: [String], after prompt: String)
    -> String?
  {
    var extra = JSONObject()
    extra["tool_calls"] = JSON(
      names.enumerated().map { place, name -> JSON in
        [
          "id": JSON(id(place)), "type": "function",
          "function": ["name": JSON(name), "arguments": arguments],
        ]
      })
    extra["content"] = .null
    for content in [JSON.null, ""] {
      extra["content"] = content
      let message = ChatMessage(role: "assistant", content: "", extra: extra)
      let text = try? template.render(
        [question, message], addingGenerationPrompt: false, tools: tools)
      guard let text, text.hasPrefix(prompt) else { continue }
      return String(text.dropFirst(prompt.count))
    }
    return nil
  }
}
