internal import CKernels
import Foundation
import Synchronization

/// The one thread pool of the process.
///
/// Workers take indices from a shared counter, so that work is balanced; which thread runs an index
/// never changes a result, because callers cut their work by its size alone. A worker spins for a
/// moment before it sleeps: waking a sleeping thread costs 50 µs and more, a layer takes less.
///
/// `@unchecked Sendable` is sound because the job's fields are written by the one thread that holds
/// `busy`, before `epoch` is advanced (release) and read by workers after they saw it (acquire).
public final class ThreadPool: @unchecked Sendable {
  /// The pool that every operation uses; made at the first use with `configuredThreads`.
  package static let shared = ThreadPool(threads: configuredThreads.load(ordering: .relaxed))

  private static let configuredThreads = Atomic<Int>(
    min(max(ProcessInfo.processInfo.activeProcessorCount, 1), 256))

  /// Sets how many threads `shared` will have; has no effect once `shared` was used.
  package static func configure(threads: Int) {
    require((1...256).contains(threads), "ThreadPool: \(threads) threads, expected 1 to 256")
    configuredThreads.store(threads, ordering: .relaxed)
  }

  /// How many threads work, with the caller's.
  package let threadCount: Int

  private let busy = Atomic<Bool>(false)
  private let epoch = Atomic<Int>(0)
  private let next = Atomic<Int>(0)
  private let running = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let condition = NSCondition()
  private let spins: Int
  private var count = 0
  private var body: (Int) -> Void = { _ in }

  package init(threads: Int) {
    threadCount = threads
    let processors = ProcessInfo.processInfo.activeProcessorCount
    spins = threads > processors ? 200 : 20_000
    for _ in 1..<max(threads, 1) {
      let thread = Thread { [unowned self] in work() }
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  /// Calls `body` for every index below `count`, on all threads; returns when all calls have.
  ///
  /// A call from inside a job, or while another thread uses the pool, runs on the caller's thread.
  package func forEach(_ count: Int, _ body: (Int) -> Void) {
    if count == 0 { return }
    let isFree =
      threadCount > 1 && count > 1
      && busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    guard isFree else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { escaping in
      self.count = count
      self.body = escaping
      next.store(0, ordering: .relaxed)
      running.store(threadCount - 1, ordering: .relaxed)
      epoch.wrappingAdd(1, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        condition.lock()
        condition.broadcast()
        condition.unlock()
      }
      runIndices()
      // A worker leaves within the time of one index; on a crowded machine it may need the core.
      var waited = 0
      while running.load(ordering: .acquiring) > 0 {
        waited += 1
        if waited > spins { sched_yield() } else { ck_pause() }
      }
      self.body = { _ in }
    }
    busy.store(false, ordering: .releasing)
  }

  private func runIndices() {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count { return }
      body(index)
    }
  }

  private func work() {
    var seen = 0
    while true {
      var spun = 0
      while epoch.load(ordering: .acquiring) == seen {
        spun += 1
        if spun < spins {
          ck_pause()
          continue
        }
        condition.lock()
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while epoch.load(ordering: .sequentiallyConsistent) == seen { condition.wait() }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        condition.unlock()
      }
      seen += 1
      runIndices()
      running.wrappingSubtract(1, ordering: .releasing)
    }
  }
}

extension ThreadPool {
  /// Calls `body` for consecutive ranges of at most `grain` indices that cover `0..<count`.
  package func forEachRange(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let pieces = (count + grain - 1) / grain
    forEach(pieces) { body($0 * grain..<min(($0 + 1) * grain, count)) }
  }
}
