import Inference
import Synchronization

/// The engine's requests of one exchange, with whatever can end them early.
final class Flight: Sendable {
  /// Why a flight was ended before its answers were complete.
  enum Interruption: Sendable {
    case clientGone
    case shutdown
    case stalled
  }

  private struct State {
    /// How what is being computed is ended.
    var cancellations: [@Sendable () -> Void] = []
    var interruption: Interruption?
    var isComplete = false
  }

  private let state = Mutex(State())
  private let exchange: Exchange
  private let number: UInt64
  /// When the exchange began with its requests.
  let start = ContinuousClock.now
  /// When its answers end, complete or not.
  let deadline: ContinuousClock.Instant
  private let deadlineSeconds: Double

  /// A flight of `exchange` that lasts `seconds` at most.
  static func begin(_ exchange: Exchange, seconds: Double) -> Flight {
    let box = Box()
    let number = exchange.state.takeOff { box.flight?.interrupt(.shutdown) }
    let flight = Flight(exchange, number, seconds)
    box.set(flight)
    exchange.disconnection.onDisconnect { box.flight?.interrupt(.clientGone) }
    return flight
  }

  private init(_ exchange: Exchange, _ number: UInt64, _ seconds: Double) {
    (self.exchange, self.number, deadlineSeconds) = (exchange, number, seconds)
    deadline = start.advanced(by: .seconds(seconds))
  }

  deinit {
    exchange.disconnection.finish()
    exchange.state.landed(number)
    exchange.state.metrics.countDuration((ContinuousClock.now - start).inSeconds)
  }

  var metrics: ServerMetrics { exchange.state.metrics }
  var interruption: Interruption? { state.withLock { $0.interruption } }

  /// Hands a request to the engine.
  ///
  /// - Throws: what the engine refuses it with.
  func submit(_ request: ServingRequest) throws -> ServingTicket {
    var request = request
    request.deadline = deadline
    request.client = exchange.client
    let ticket = try exchange.state.engine.submit(request)
    hold { ticket.cancel() }
    return ticket
  }

  /// A request without a prompt, for what is asked of the engine in `run`.
  func settings(_ adapter: AdapterHandle?) -> ServingRequest {
    var settings = ServingRequest(prompt: [], adapter: adapter)
    (settings.client, settings.deadline) = (exchange.client, deadline)
    return settings
  }

  /// Does work that asks the engine for one thing after another; it ends where it is when the flight does.
  ///
  /// - Throws: What `work` throws; why it was ended, where it was.
  func run<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws
    -> Result
  {
    let task = Task { try await work() }
    hold { task.cancel() }
    do {
      return try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
    } catch let error where error is CancellationError || error as? InferenceError == .cancelled {
      if Task.isCancelled { throw CancellationError() }
      try check(.cancelled)
      throw error
    }
  }

  /// Keeps the way to end something, and ends it at once where the flight has been.
  private func hold(_ cancel: @escaping @Sendable () -> Void) {
    let isOver = state.withLock { state in
      state.cancellations.append(cancel)
      return state.interruption != nil
    }
    if isOver { cancel() }
  }

  func interrupt(_ reason: Interruption) {
    let cancellations = state.withLock { state -> [@Sendable () -> Void] in
      if state.isComplete { return [] }
      if state.interruption == nil { state.interruption = reason }
      return state.cancellations
    }
    if cancellations.isEmpty { return }
    if reason != .shutdown { metrics.countCancelled() }
    for cancel in cancellations { cancel() }
  }

  /// Notes that every answer is complete and delivered.
  func complete() { state.withLock { $0.isComplete = true } }

  /// Ends what is still being computed for a client to whom nothing more can be written.
  func interruptIfRunning() {
    if !state.withLock({ $0.isComplete || $0.interruption != nil }) { interrupt(.clientGone) }
  }

  /// Throws if an answer that ended for this reason is not the one that was asked for.
  func check(_ reason: FinishReason) throws {
    if reason == .deadline { throw timeout }
    guard reason == .cancelled else { return }
    switch interruption {
    case .clientGone, .stalled: throw CancellationError()
    case .shutdown: throw APIError.draining
    case nil: throw timeout
    }
  }

  private var timeout: APIError {
    .timeout("the answer was not complete within \(deadlineSeconds) seconds")
  }

  /// Holds a flight without keeping it in the air.
  private final class Box: Sendable {
    private let reference = Mutex(Reference())

    private struct Reference { weak var flight: Flight? }

    var flight: Flight? { reference.withLock { $0.flight } }

    func set(_ flight: Flight) { reference.withLock { $0.flight = flight } }
  }
}
