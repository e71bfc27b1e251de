import Foundation

/// Wall-clock times of a piece of work.
struct Timing {
  /// Seconds, in ascending order.
  let seconds: [Double]

  init(_ seconds: [Double]) { self.seconds = seconds.sorted() }

  var median: Double {
    let middle = seconds.count / 2
    return seconds.count % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
  }

  /// Times two pieces of work in turn, after one run of each that does not count.
  static func alternately(_ count: Int, _ first: () -> Void, _ second: () -> Void)
    -> (Timing, Timing)
  {
    first()
    second()
    var times: ([Double], [Double]) = ([], [])
    for _ in 0..<count {
      times.0.append(once(first))
      times.1.append(once(second))
    }
    return (Timing(times.0), Timing(times.1))
  }

  /// The seconds that `work` takes.
  static func once(_ work: () throws -> Void) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try work()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
}
