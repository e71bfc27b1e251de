public import SafeIO

/// Why a request is not taken on now, or here.
public enum AdmissionError: UserFacingError, Equatable {
  /// As many requests wait as may wait.
  case queueFull(waiting: Int)
  /// The request needs more room than there is, even with nobody else about.
  case tooLarge(tokens: Int, capacity: Int)
  /// The engine is shutting down.
  case shuttingDown

  /// The class of the failure.
  public var failureClass: FailureClass { .usage }

  /// The stable short name.
  public var code: String {
    switch self {
    case .queueFull: "SERVE.QUEUE"
    case .tooLarge: "SERVE.SIZE"
    case .shuttingDown: "SERVE.SHUTDOWN"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .queueFull(let waiting): "\(waiting) requests are waiting already"
    case .tooLarge(let tokens, let capacity):
      "the prompt and its answers need room for \(tokens) tokens; there is room for \(capacity)"
    case .shuttingDown: "the engine is shutting down"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .queueFull: "Try again in a moment."
    case .tooLarge: "Ask for fewer tokens or choices."
    case .shuttingDown: nil
    }
  }
}
