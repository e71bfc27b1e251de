package import SafeIO
import Tokenization

/// What a chat template gets beside the messages of a row.
public struct TemplateInputs: Sendable, Equatable {
  /// The tools that the assistant may call, as the template is given them; nil without any.
  package var tools: JSON?
  /// Further variables, such as `enable_thinking`.
  package var variables = JSONObject()

  /// Nothing beside the messages.
  public init() {}

  package init(tools: JSON?, variables: JSONObject = JSONObject()) {
    self.tools = tools
    self.variables = variables
  }
}

/// Which names a chat template reads.
///
/// A template says nothing of a variable that it does not know: tools would vanish from the prompt,
/// and calls from the answer, unnoticed.
struct TemplateReading: Sendable {
  private let source: String

  init(_ template: ChatTemplate?) { source = template?.source ?? "" }

  /// Whether the template reads a variable that the caller sets.
  func readsVariable(_ name: String) -> Bool { source.contains(name) }

  /// Whether the template reads a member of messages: `message.name`, or `message['name']`.
  func readsMember(_ name: String) -> Bool {
    [".\(name)", "'\(name)'", "\"\(name)\""].contains { source.contains($0) }
  }
}
