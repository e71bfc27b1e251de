import HTTPTypes
import Hummingbird
import Inference
import Logging
import NIOCore
import SafeIO
import Synchronization

/// What is written for the events of a streamed answer.
protocol StreamFormat: Sendable {
  /// Chunks before anything has happened.
  mutating func opening() -> [JSON]
  /// Chunks for an event of the request number `prompt`.
  mutating func chunks(for event: ServingEvent, prompt: Int) throws -> [JSON]
  /// Chunks after everything.
  mutating func closing() -> [JSON]
}

/// A response of server-sent events: `data: …` and an empty line for each chunk, `data: [DONE]` last.
///
/// A failure becomes `data: {"error": …}`, and no `[DONE]` follows: a cut answer does not look whole.
struct EventStream: Sendable {
  let exchange: Exchange
  let flight: Flight
  let tickets: [ServingTicket]

  func response(_ format: some StreamFormat, headers: HTTPFields) -> Response {
    var headers = headers
    headers[.contentType] = "text/event-stream; charset=utf-8"
    headers[.cacheControl] = "no-cache"
    headers[.accelBuffering] = "no"
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        let pulse = Pulse()
        do {
          try await run(format, pulse) { text in
            pulse.beginWrite()
            try await writer.write(ByteBuffer(string: text))
            pulse.endWrite()
          }
        } catch let failure as StreamFailure {
          try await writer.write(ByteBuffer(string: Self.event(failure.error.json)))
        }
        try await writer.finish(nil)
      })
  }

  /// What the writer and its watcher share.
  private final class Pulse: Sendable {
    private struct State {
      var lastWrite = ContinuousClock.now
      var isWriting = false
    }

    private let state = Mutex(State())

    func beginWrite() {
      state.withLock {
        $0.lastWrite = .now
        $0.isWriting = true
      }
    }

    func endWrite() {
      state.withLock {
        $0.lastWrite = .now
        $0.isWriting = false
      }
    }

    /// Seconds since the last write began, if it has not ended.
    var stall: Double? {
      state.withLock { $0.isWriting ? (ContinuousClock.now - $0.lastWrite).inSeconds : nil }
    }

    var silence: Double { state.withLock { (ContinuousClock.now - $0.lastWrite).inSeconds } }
  }

  /// A failure whose text is to be the last event.
  private struct StreamFailure: Error { let error: APIError }

  private enum Item: Sendable {
    case event(prompt: Int, ServingEvent)
    case ended
    case tick
  }

  private func run(
    _ format: some StreamFormat, _ pulse: Pulse, write: (String) async throws -> Void
  ) async throws {
    let (items, source) = AsyncStream<Item>.makeStream()
    var format = format
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (prompt, ticket) in tickets.enumerated() {
        group.addTask {
          for await event in ticket.events { source.yield(.event(prompt: prompt, event)) }
          source.yield(.ended)
        }
      }
      group.addTask { try await watch(pulse, source) }
      // Whoever reads no more must not keep the engine busy.
      defer {
        flight.interruptIfRunning()
        group.cancelAll()
      }
      try await writeAll(items, &format, pulse, write)
    }
  }

  private func writeAll(
    _ items: AsyncStream<Item>, _ format: inout some StreamFormat, _ pulse: Pulse,
    _ write: (String) async throws -> Void
  ) async throws {
    try await write(Self.events(format.opening()))
    var running = tickets.count
    var paces = tickets.map { _ in Pace(flight) }
    for await item in items {
      switch item {
      case .tick:
        if pulse.silence >= exchange.state.limits.heartbeatSeconds { try await write(": ping\n\n") }
      case .ended:
        running -= 1
      case .event(let prompt, let event):
        paces[prompt].note(event)
        let chunks = try chunks(for: event, prompt, &format)
        if !chunks.isEmpty { try await write(Self.events(chunks)) }
      }
      if running == 0 { break }
    }
    try await write(Self.events(format.closing()) + "data: [DONE]\n\n")
    flight.complete()
  }

  private func chunks(
    for event: ServingEvent, _ prompt: Int, _ format: inout some StreamFormat
  ) throws -> [JSON] {
    do {
      if case .finished(_, let reason) = event { try flight.check(reason) }
      if case .done(let usage) = event { flight.metrics.countUsage(usage) }
      return try format.chunks(for: event, prompt: prompt)
    } catch let error as CancellationError {
      throw error
    } catch {
      throw StreamFailure(error: APIError(error, requestID: exchange.id, log: exchange.log))
    }
  }

  /// Gives the writer occasions for heartbeats, and gives up clients that do not read.
  private func watch(_ pulse: Pulse, _ source: AsyncStream<Item>.Continuation) async throws {
    let limits = exchange.state.limits
    let step = max(0.05, min(1, limits.heartbeatSeconds / 4, limits.stallSeconds / 4))
    while true {
      try await Task.sleep(for: .seconds(step))
      if let stall = pulse.stall {
        guard stall >= limits.stallSeconds else { continue }
        exchange.log.notice("the client does not read its stream; given up")
        flight.metrics.countStalled()
        flight.interrupt(.stalled)
        exchange.disconnection.disconnect()
        return
      }
      if pulse.silence >= limits.heartbeatSeconds { source.yield(.tick) }
    }
  }

  private static func event(_ json: JSON) -> String { "data: \(json.serialized())\n\n" }
  private static func events(_ chunks: [JSON]) -> String { chunks.map(event).joined() }
}
