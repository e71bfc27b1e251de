package import Foundation
package import SafeIO

/// How a model's conversations are written as text: a Jinja template, run by an interpreter that
/// reaches nothing outside and whose steps, depth and output are bounded.
///
/// The parts of Jinja that chat templates use are understood as `transformers` sets them up; anything
/// else is refused when the template is loaded.
public struct ChatTemplate: Sendable {
  static let longestSource = 1 << 20

  /// The template's text.
  public let source: String
  private let statements: [TemplateStatement]
  /// Variables that are always there: `bos_token` and its like.
  package var constants: [String: String] = [:]
  /// The moment that `strftime_now` tells; nil is the present.
  package var moment: Date?

  /// Reads a template.
  ///
  /// - Throws: `TemplateError`, with line and column.
  public init(_ source: String) throws {
    self.source = source
    var parser = try TemplateParser(source)
    statements = try parser.template()
  }

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - messages: The conversation, in order.
  ///   - addingGenerationPrompt: Whether to end with the beginning of an assistant's turn.
  /// - Returns: The text, control tokens spelled out.
  /// - Throws: `TemplateError`; `.raised` if the template refuses the messages.
  public func render(_ messages: [ChatMessage], addingGenerationPrompt: Bool) throws -> String {
    try render(messages, addingGenerationPrompt: addingGenerationPrompt, tools: nil)
  }

  /// The text of a conversation with tools and further variables (`enable_thinking` and its like).
  package func render(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool, tools: JSON?,
    variables: JSONObject = JSONObject()
  ) throws -> String {
    try text(messages, addingGenerationPrompt, tools, variables).string
  }

  /// The text in pieces, each with who wrote it; joined they are `render`.
  package func pieces(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool, tools: JSON? = nil,
    variables: JSONObject = JSONObject()
  ) throws -> [TemplatePiece] {
    try text(messages, addingGenerationPrompt, tools, variables).pieces
  }

  func text(
    _ messages: [ChatMessage], _ addingGenerationPrompt: Bool, _ tools: JSON?,
    _ variables: JSONObject
  ) throws -> TrackedText {
    var scope: [String: TemplateValue] = [:]
    for (name, text) in constants { scope[name] = .text(text) }
    scope["documents"] = TemplateValue.none
    do {
      for (name, value) in zip(variables.keys, variables.values) {
        scope[name] = try TemplateValue(value, .data)
      }
      scope["tools"] = try tools.map { try TemplateValue($0, .data) } ?? TemplateValue.none
      let values = try messages.enumerated().map { try $1.templateValue(index: $0) }
      scope["messages"] = .list(try TemplateList(values))
      scope["add_generation_prompt"] = .bool(addingGenerationPrompt)
      let moment = moment
      let interpreter = TemplateInterpreter(variables: scope) {
        StrftimeFormat.string(moment ?? Date(), $0)
      }
      _ = try interpreter.run(statements)
      return interpreter.outputs[0]
    } catch let fault as TemplateFault {
      throw TemplateError.evaluation(line: 1, column: 1, reason: fault.reason)
    }
  }
}
