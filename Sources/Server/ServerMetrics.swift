import Inference
import Synchronization

/// Counts what the server does, for `/metrics` and `/stats`.
final class ServerMetrics: Sendable {
  /// A histogram in the sense of Prometheus: buckets count everything up to their bound.
  struct Histogram: Sendable {
    let bounds: [Double]
    private(set) var counts: [Int]
    private(set) var sum = 0.0
    private(set) var count = 0

    init(_ bounds: [Double]) {
      self.bounds = bounds
      counts = Array(repeating: 0, count: bounds.count)
    }

    mutating func add(_ value: Double) {
      for index in bounds.indices where value <= bounds[index] { counts[index] += 1 }
      sum += value
      count += 1
    }
  }

  private struct RequestKey: Hashable {
    var route: String
    var status: Int
  }

  struct Snapshot: Sendable {
    var promptTokens = 0
    var cachedTokens = 0
    var completionTokens = 0
    var cancelled = 0
    var stalled = 0
    var firstToken = Histogram([0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30])
    var gap = Histogram([0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 5])
    var duration = Histogram([0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300])
  }

  private struct State {
    var requests: [RequestKey: Int] = [:]
    var values = Snapshot()
  }

  private let state = Mutex(State())

  func countRequest(_ route: String, status: Int) {
    state.withLock { $0.requests[RequestKey(route: route, status: status), default: 0] += 1 }
  }

  func countUsage(_ usage: ServingUsage) {
    state.withLock {
      $0.values.promptTokens += usage.promptTokens
      $0.values.cachedTokens += usage.cachedTokens
      $0.values.completionTokens += usage.completionTokens
    }
  }

  func countCancelled() { state.withLock { $0.values.cancelled += 1 } }
  func countStalled() { state.withLock { $0.values.stalled += 1 } }
  func countFirstToken(_ seconds: Double) { state.withLock { $0.values.firstToken.add(seconds) } }
  func countGap(_ seconds: Double) { state.withLock { $0.values.gap.add(seconds) } }
  func countDuration(_ seconds: Double) { state.withLock { $0.values.duration.add(seconds) } }

  var snapshot: Snapshot { state.withLock { $0.values } }

  /// Requests by route and status, in a fixed order.
  var requests: [(route: String, status: Int, count: Int)] {
    state.withLock { state in
      state.requests.map { (route: $0.key.route, status: $0.key.status, count: $0.value) }
    }.sorted { ($0.route, $0.status) < ($1.route, $1.status) }
  }
}
