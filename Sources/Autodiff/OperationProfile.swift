import Foundation

/// Seconds spent in each operation, forward and backward.
///
/// Forward time of an operation is what passed since the one recorded before it, so that untracked work
/// is charged to the next recorded operation.
package final class OperationProfile {
  package struct Entry {
    package var calls = 0
    package var forward = 0.0
    package var backward = 0.0
  }

  package private(set) var entries: [String: Entry] = [:]
  private var last: DispatchTime

  package init() { last = .now() }

  /// Forgets the time that passed since the last operation.
  package func restart() { last = .now() }

  private func lap() -> Double {
    let now = DispatchTime.now()
    defer { last = now }
    return Double(now.uptimeNanoseconds - last.uptimeNanoseconds) * 1e-9
  }

  func recordForward(_ name: StaticString) {
    let seconds = lap()
    entries["\(name)", default: Entry()].forward += seconds
    entries["\(name)", default: Entry()].calls += 1
  }

  func startBackward() { last = .now() }

  func recordBackward(_ name: StaticString) {
    let seconds = lap()
    entries["\(name)", default: Entry()].backward += seconds
  }
}
