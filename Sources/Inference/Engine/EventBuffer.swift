import Synchronization

/// Events on their way to one reader, who may be slow or gone.
///
/// Sending never waits. Pieces of text that nobody has read grow together, so that no more than a handful of
/// events for each choice is ever kept, and no more text and tokens than the request may have.
package final class EventBuffer: Sendable {
  private struct State {
    var events: [ServingEvent] = []
    var reader: CheckedContinuation<ServingEvent?, Never>?
    var isClosed = false
  }

  private let state = Mutex(State())

  package init() {}

  /// Hands an event to the reader, or keeps it for him.
  package func send(_ event: ServingEvent) {
    let reader = state.withLock { state -> CheckedContinuation<ServingEvent?, Never>? in
      if state.isClosed { return nil }
      if let reader = state.reader {
        state.reader = nil
        return reader
      }
      Self.keep(event, in: &state.events)
      return nil
    }
    reader?.resume(returning: event)
  }

  /// The next event, once there is one; nil after the last.
  package func next() async -> ServingEvent? {
    await withCheckedContinuation { continuation in
      let event = state.withLock { state -> ServingEvent?? in
        if !state.events.isEmpty { return state.events.removeFirst() }
        if state.isClosed || state.reader != nil { return .some(nil) }
        state.reader = continuation
        return nil
      }
      if let event { continuation.resume(returning: event) }
    }
  }

  /// No more events will come; what is kept can still be read.
  package func close() {
    let reader = state.withLock { state in
      state.isClosed = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  private static func keep(_ event: ServingEvent, in events: inout [ServingEvent]) {
    guard case .text(let choice, let text, let tokens) = event else {
      events.append(event)
      return
    }
    // Only pieces of one choice have an order among themselves.
    for index in events.indices.reversed() {
      guard case .text(choice, let before, let known) = events[index] else { continue }
      events[index] = .text(choice: choice, text: before + text, tokens: known + tokens)
      return
    }
    events.append(event)
  }
}
