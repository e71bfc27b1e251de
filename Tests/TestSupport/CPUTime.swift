import Foundation

/// The processor time of the calling thread: what a piece of code costs however busy the machine is.
package enum CPUTime {
  /// How long `body` kept this thread's processor busy.
  package static func measure(_ body: () throws -> Void) rethrows -> Duration {
    let start = now
    try body()
    return now - start
  }

  /// The processor time that this thread has used.
  package static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
  }
}
