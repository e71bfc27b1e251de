import Dispatch
import Synchronization

/// A request on its way to the worker.
struct Submission: Sendable {
  /// What is wanted of the prompt, besides answers.
  enum Purpose: Sendable, Equatable {
    /// Answers; the prompt's scores if the request says so.
    case answer
    /// Scores of the tokens from this place on.
    case score(from: Int)
    /// The mean of the last hidden states.
    case embedding
  }

  let id: UInt64
  let request: ServingRequest
  let purpose: Purpose
  let buffer: EventBuffer
  /// Takes the hidden states' mean.
  let embedding: EmbeddingResult?
}

/// What callers tell the worker.
final class Mailbox: Sendable {
  private struct State {
    var nextID: UInt64 = 0
    /// Requests that the worker has not begun with, on either side of the mailbox.
    var waiting = 0
    var arrivals: [Submission] = []
    var cancelled: [UInt64] = []
    var isShutDown = false
  }

  /// What has come since the worker last looked.
  struct Delivery {
    var arrivals: [Submission]
    var cancelled: [UInt64]
    var isShutDown: Bool
  }

  private let state = Mutex(State())
  private let bell = DispatchSemaphore(value: 0)

  /// Puts a request into the queue, if there is a place in it.
  func submit(
    limit: Int, _ make: (UInt64) -> Submission
  ) throws(AdmissionError) -> Submission {
    let result = state.withLock { state -> Result<Submission, AdmissionError> in
      if state.isShutDown { return .failure(.shuttingDown) }
      if state.waiting > limit { return .failure(.queueFull(waiting: state.waiting)) }
      state.nextID += 1
      state.waiting += 1
      let submission = make(state.nextID)
      state.arrivals.append(submission)
      return .success(submission)
    }
    bell.signal()
    return try result.get()
  }

  func cancel(_ id: UInt64) {
    state.withLock { $0.cancelled.append(id) }
    bell.signal()
  }

  func shutDown() {
    state.withLock { $0.isShutDown = true }
    bell.signal()
  }

  /// How many requests have not begun.
  var waiting: Int { state.withLock { $0.waiting } }

  /// The worker has begun with a request, or dropped it.
  func leaveQueue() { state.withLock { $0.waiting -= 1 } }

  /// What has come; sleeps until something has if `waits`.
  func take(waiting waits: Bool) -> Delivery {
    if waits { bell.wait() }
    return state.withLock { state in
      defer { (state.arrivals, state.cancelled) = ([], []) }
      return Delivery(
        arrivals: state.arrivals, cancelled: state.cancelled, isShutDown: state.isShutDown)
    }
  }
}
