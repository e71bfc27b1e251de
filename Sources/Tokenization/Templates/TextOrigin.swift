/// Who wrote a piece of rendered text.
package enum TextOrigin: Sendable, Equatable {
  /// The template's author.
  ///
  /// Only this text may name control tokens.
  case template
  /// The request, but not what a message says: roles, names, tool definitions.
  case data
  /// The message with this index: its content and whatever else it carries.
  case content(message: Int)
}

/// A piece of rendered text with one origin.
package struct TemplatePiece: Sendable, Equatable {
  package var text: String
  package var origin: TextOrigin

  package init(text: String, origin: TextOrigin) {
    self.text = text
    self.origin = origin
  }
}
