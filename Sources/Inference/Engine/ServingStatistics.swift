import Synchronization

/// What an engine is doing, and has done since it began.
public struct ServingStatistics: Sendable, Equatable {
  /// Requests that wait for their turn.
  public var waiting = 0
  /// Requests that are being answered.
  public var running = 0
  /// Answers that are being computed: the choices of the running requests.
  public var sequences = 0
  /// Pages of keys and values that nobody uses and that are not kept for later prompts.
  public var freePages = 0
  /// Pages that are kept for prompts with the same beginning; requests may be using them.
  public var cachedPages = 0
  /// All pages.
  public var pages = 0
  /// Tokens that a page has room for.
  public var pageTokens = 0
  /// Requests that were answered to their end.
  public var completed: UInt64 = 0
  /// Requests that were cancelled, or whose time was over.
  public var cancelled: UInt64 = 0
  /// Requests that failed.
  public var failed: UInt64 = 0
  /// Steps of the model.
  public var steps: UInt64 = 0
  /// Tokens of prompts that were computed.
  public var promptTokens: UInt64 = 0
  /// Tokens of prompts that did not have to be computed again.
  public var cachedTokens: UInt64 = 0
  /// Tokens that were generated.
  public var generatedTokens: UInt64 = 0
  /// Tokens that were guessed and right.
  public var acceptedTokens: UInt64 = 0
  /// Seconds that steps took.
  public var busySeconds = 0.0
  /// Seconds of the last step.
  public var lastStepSeconds = 0.0

  /// Tokens generated for each second of work.
  public var tokensPerSecond: Double {
    busySeconds > 0 ? Double(generatedTokens) / busySeconds : 0
  }
}

/// Statistics that the worker writes and anyone reads.
final class StatisticsBoard: Sendable {
  private let value = Mutex(ServingStatistics())

  var statistics: ServingStatistics { value.withLock { $0 } }

  func update(_ change: (inout ServingStatistics) -> Void) { value.withLock { change(&$0) } }
}
