/// A request that was taken on.
///
/// Whoever lets go of the ticket and of its events wants no more: the request is cancelled.
public struct ServingTicket: Sendable {
  /// The request's number.
  public let id: UInt64
  /// What happens, until `.done` or `.failed`; for one reader.
  ///
  /// A task that is cancelled while it waits for an event cancels the request.
  public let events: AsyncStream<ServingEvent>
  private let lifetime: Lifetime

  init(id: UInt64, buffer: EventBuffer, mailbox: Mailbox) {
    let lifetime = Lifetime(id: id, mailbox: mailbox)
    (self.id, self.lifetime) = (id, lifetime)
    events = AsyncStream(
      unfolding: {
        let event = await buffer.next()
        if event == nil { lifetime.cancel() }
        return event
      },
      onCancel: {
        lifetime.cancel()
        buffer.close()
      })
  }

  /// Ends the request with the step that is being computed.
  public func cancel() { lifetime.cancel() }

  /// All of the answer, once it is complete.
  ///
  /// - Returns: The choices, in their order, and what they used.
  /// - Throws: `InferenceError` if the request failed.
  public func answer() async throws -> ServingAnswer {
    var answer = ServingAnswer()
    for await event in events { try answer.add(event) }
    return answer
  }

  /// Cancels the request when nobody can read its events any more.
  private final class Lifetime: Sendable {
    private let id: UInt64
    private let mailbox: Mailbox

    init(id: UInt64, mailbox: Mailbox) { (self.id, self.mailbox) = (id, mailbox) }

    func cancel() { mailbox.cancel(id) }

    deinit { mailbox.cancel(id) }
  }
}

/// An answer as a whole.
public struct ServingAnswer: Sendable, Equatable {
  /// One choice.
  public struct Choice: Sendable, Equatable {
    /// The text without control tokens.
    public var text = ""
    /// Every token, those that ended the answer included.
    public var tokens: [TokenScore] = []
    /// Why it ended.
    public var finishReason = FinishReason.cancelled

    /// The tokens' ids.
    public var ids: [Int] { tokens.map(\.id) }
  }

  /// The scores of the prompt's tokens, if they were asked for.
  public var promptScores: [TokenScore?] = []
  /// The choices, in their order.
  public var choices: [Choice] = []
  /// What was used; nil if the request was cancelled before it began.
  public var usage: ServingUsage?

  /// An answer of which nothing is known yet.
  public init() {}

  /// Takes what the next event says.
  ///
  /// - Throws: The error of `.failed`.
  public mutating func add(_ event: ServingEvent) throws {
    switch event {
    case .promptScores(let scores): promptScores = scores
    case .text(let choice, let text, let tokens):
      extend(to: choice)
      choices[choice].text += text
      choices[choice].tokens += tokens
    case .finished(let choice, let reason):
      extend(to: choice)
      choices[choice].finishReason = reason
    case .failed(let error): throw error
    case .done(let usage): self.usage = usage
    }
  }

  private mutating func extend(to choice: Int) {
    while choices.count <= choice { choices.append(Choice()) }
  }
}
