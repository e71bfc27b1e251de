/// A conversation as token ids.
package struct ChatEncoding: Sendable, Equatable {
  package var ids: [Int]
  /// Whether the model learns to say the token: an assistant's message and the control token that
  /// ends its turn.
  package var assistantMask: [Bool]
  /// Which message each token says, nil for the template's own text and for roles.
  ///
  /// A token over a seam belongs to the message.
  package var messages: [Int?]
}
