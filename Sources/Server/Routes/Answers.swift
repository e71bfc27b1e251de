import Inference

/// Complete answers of the requests of one exchange.
enum Answers {
  /// How many requests of one exchange are with the engine at the same time.
  private static let window = 32

  /// Answers requests, the results in their order.
  ///
  /// - Throws: `APIError`, what the engine throws, `CancellationError` when the client is gone.
  static func collect(_ requests: [ServingRequest], _ flight: Flight) async throws
    -> [ServingAnswer]
  {
    try await withThrowingTaskGroup(of: (Int, ServingAnswer).self) { group in
      var answers: [ServingAnswer?] = Array(repeating: nil, count: requests.count)
      var next = 0
      func addOne() {
        guard next < requests.count else { return }
        let index = next
        next += 1
        group.addTask { (index, try await answer(requests[index], flight)) }
      }
      for _ in 0..<window { addOne() }
      while let (index, answer) = try await group.next() {
        answers[index] = answer
        addOne()
      }
      return answers.compactMap { $0 }
    }
  }

  private static func answer(_ request: ServingRequest, _ flight: Flight) async throws
    -> ServingAnswer
  {
    let ticket = try flight.submit(request)
    var answer = ServingAnswer()
    var pace = Pace(flight)
    for await event in ticket.events {
      pace.note(event)
      if case .finished(_, let reason) = event { try flight.check(reason) }
      try answer.add(event)
    }
    guard let usage = answer.usage else {
      try flight.check(.cancelled)
      throw CancellationError()
    }
    flight.metrics.countUsage(usage)
    return answer
  }
}

/// Measures how long the first token of a request takes, and every further one.
struct Pace {
  private let flight: Flight
  private var last: ContinuousClock.Instant?

  init(_ flight: Flight) { self.flight = flight }

  mutating func note(_ event: ServingEvent) {
    guard case .text(_, _, let tokens) = event, !tokens.isEmpty else { return }
    let now = ContinuousClock.now
    if let last {
      flight.metrics.countGap((now - last).inSeconds)
    } else {
      flight.metrics.countFirstToken((now - flight.start).inSeconds)
    }
    last = now
  }
}
