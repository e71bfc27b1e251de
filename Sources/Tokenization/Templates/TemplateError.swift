public import SafeIO

/// Why a chat template is refused, or cannot be rendered.
public enum TemplateError: UserFacingError, Equatable {
  /// The source is not a template.
  case syntax(line: Int, column: Int, reason: String)
  /// Something that this interpreter does not do; found when the template is loaded.
  case unsupported(line: Int, column: Int, construct: String)
  /// Rendering went past a bound that no honest template reaches.
  case limit(Limit, Int)
  /// An expression that has no value, such as a sum of a text and a list.
  case evaluation(line: Int, column: Int, reason: String)
  /// The template itself refused the messages.
  case raised(message: String)
  /// It cannot be told which part of the text an assistant message became.
  case maskUnavailable(message: Int, rendered: String)

  /// What is bounded.
  public enum Limit: String, Sendable {
    /// Length of the template's source in bytes.
    case source = "bytes of source"
    /// How deep expressions, statements and calls may be nested.
    case depth = "levels of nesting"
    /// Expressions and statements evaluated.
    case steps = "steps"
    /// Bytes of one text, the output included.
    case output = "bytes of text"
    /// Bytes touched while rendering.
    case work = "bytes of work"
  }
}

extension TemplateError {
  /// A refusal by the template is the data's fault, everything else the template's.
  public var failureClass: FailureClass {
    if case .raised = self { .dataset } else { .model }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .syntax: "TPL.SYNTAX"
    case .unsupported: "TPL.UNSUPPORTED"
    case .limit: "TPL.LIMIT"
    case .evaluation: "TPL.VALUE"
    case .raised: "TPL.RAISED"
    case .maskUnavailable: "TPL.MASK"
    }
  }

  /// What happened, with the values, in one line.
  public var description: String {
    switch self {
    case .syntax(let line, let column, let reason):
      "chat template \(line):\(column): \(reason.escapedForMessage())"
    case .unsupported(let line, let column, let construct):
      "chat template \(line):\(column): \(construct.escapedForMessage()) is not supported"
    case .limit(let limit, let bound): "chat template: more than \(bound) \(limit.rawValue)"
    case .evaluation(let line, let column, let reason):
      "chat template \(line):\(column): \(reason.escapedForMessage())"
    case .raised(let message):
      "the chat template refuses these messages: \(message.escapedForMessage())"
    case .maskUnavailable(let message, let rendered):
      "cannot find what message \(message), from the assistant, became in the rendered text "
        + "'\(rendered.escapedForMessage(limit: 120))'"
    }
  }

  /// What can be done about it.
  public var hint: String? {
    switch self {
    case .raised: "Check the order of roles in the conversation."
    case .maskUnavailable: "The template drops or rewrites answers; train with another template."
    case .unsupported: "Rewrite this place of the template in simpler terms."
    default: nil
    }
  }
}
