extension ServingEngine {
  /// Answers many requests, some at the same time.
  ///
  /// - Parameters:
  ///   - requests: What is wanted; taken on in this order.
  ///   - limit: How many are answered side by side; at least 1.
  ///   - isCancelled: Asked some times a second; true ends the work, and what is unfinished is dropped.
  ///   - onAnswer: Called with a request's index and its answer, in the order in which they end.
  /// - Throws: What `submit` throws, `InferenceError` if a request failed, and what `onAnswer` throws.
  public func answer(
    _ requests: [ServingRequest], sideBySide limit: Int,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    onAnswer: (Int, ServingAnswer) throws -> Void
  ) async throws {
    var waiting = requests.indices[...]
    try await withThrowingTaskGroup(of: (index: Int, answer: ServingAnswer)?.self) { group in
      defer { group.cancelAll() }
      var running = 0
      Self.addPause(to: &group)
      while !waiting.isEmpty || running > 0 {
        while running < max(1, limit), !isCancelled(), let index = waiting.popFirst() {
          let ticket = try submit(requests[index])
          group.addTask { (index, try await ticket.answer()) }
          running += 1
        }
        guard running > 0, let event = try await group.next() else { return }
        if let (index, answer) = event {
          running -= 1
          if answer.choices.allSatisfy({ $0.finishReason != .cancelled }), answer.usage != nil {
            try onAnswer(index, answer)
          }
        } else if isCancelled() {
          waiting = waiting.suffix(0)
          group.cancelAll()
        } else {
          Self.addPause(to: &group)
        }
      }
    }
  }

  /// Somebody has to look up from waiting, to see that the work is cancelled.
  private static func addPause(
    to group: inout ThrowingTaskGroup<(index: Int, answer: ServingAnswer)?, any Error>
  ) {
    group.addTask {
      try? await Task.sleep(for: .milliseconds(50))
      return nil
    }
  }
}
