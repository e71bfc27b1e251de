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
/// `busy`, before `ticket` offers the job's indices (release), and read by workers after they took one
/// (acquire); the job ends, and they are written again, only when every taken index is finished.
public final class ThreadPool: @unchecked Sendable {
  /// The pool that every operation uses; made at the first use with `configuredThreads`.
  package static let shared = ThreadPool(threads: configuredThreads.load(ordering: .relaxed))

  private static let configuredThreads = Atomic<Int>(
    min(max(ProcessInfo.processInfo.activeProcessorCount, 1), 256))

  /// Sets how many threads the process computes on; has no effect once something was computed.
  ///
  /// - Precondition: From 1 to 256 threads.
  public static func configure(threads: Int) {
    require((1...256).contains(threads), "ThreadPool: \(threads) threads, expected 1 to 256")
    configuredThreads.store(threads, ordering: .relaxed)
  }

  /// How many threads work, with the caller's, outside of `withThreads`.
  package let threadCount: Int

  /// How many threads take part now.
  private let active: Atomic<Int>
  /// How many threads there are, with the caller's; written with `condition` locked.
  private var started = 1
  private let busy = Atomic<Bool>(false)
  /// The job's number in the upper half; how many of its indices nobody has taken in the lower.
  private let ticket = Atomic<UInt64>(0)
  /// Indices of the job whose calls have not returned.
  private let unfinished = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let condition = NSCondition()
  private let spins: Int
  private var count = 0
  private var body: (Int) -> Void = { _ in }

  package init(threads: Int) {
    threadCount = threads
    active = Atomic(threads)
    let processors = ProcessInfo.processInfo.activeProcessorCount
    spins = threads > processors ? 200 : 20_000
    start(threads)
  }

  /// Starts workers until there are `threads`, with the caller's.
  private func start(_ threads: Int) {
    condition.lock()
    defer { condition.unlock() }
    while started < threads {
      let index = started
      // Workers keep the pool: it may be dropped before a thread has begun.
      let thread = Thread { [self] in work(index) }
      thread.stackSize = 4 << 20
      thread.start()
      started += 1
    }
  }

  /// Calls `body` while another number of threads works, as a proof that the results do not depend on it
  /// needs.
  ///
  /// - Parameters:
  ///   - count: From 1 to 256.
  ///   - body: Called on the caller's thread; nobody else may use the pool meanwhile.
  /// - Returns: What `body` returns.
  package func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    require((1...256).contains(count), "ThreadPool: \(count) threads, expected 1 to 256")
    start(count)
    let before = active.exchange(count, ordering: .sequentiallyConsistent)
    defer { active.store(before, ordering: .sequentiallyConsistent) }
    return try body()
  }

  /// How many threads take part now: `threadCount`, or what `withThreads` was given.
  package var activeThreads: Int { active.load(ordering: .relaxed) }

  /// Calls `body` for every index below `count`, on all threads; returns when all calls have.
  ///
  /// A call from inside a job, or while another thread uses the pool, runs on the caller's thread.
  package func forEach(_ count: Int, _ body: (Int) -> Void) {
    if count == 0 { return }
    let isFree =
      activeThreads > 1 && count > 1
      && busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    guard isFree else {
      for index in 0..<count { body(index) }
      return
    }
    let indices = UInt64(count)
    require(indices <= Self.leftMask, "ThreadPool: \(count) indices")
    withoutActuallyEscaping(body) { escaping in
      self.count = count
      self.body = escaping
      unfinished.store(count, ordering: .relaxed)
      let number = (ticket.load(ordering: .relaxed) >> 32) &+ 1
      ticket.store(number << 32 | indices, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        condition.lock()
        condition.broadcast()
        condition.unlock()
      }
      _ = runIndices()
      // Only workers that took an index are waited for: on a crowded machine others may not even have the
      // core. Those that have one may have lost it, so that spinning for long helps nobody.
      var waited = 0
      while unfinished.load(ordering: .acquiring) > 0 {
        waited += 1
        if waited > min(spins, 1000) { sched_yield() } else { ck_pause() }
      }
      self.body = { _ in }
    }
    busy.store(false, ordering: .releasing)
  }

  private static let leftMask: UInt64 = 0xFFFF_FFFF

  /// Calls the job's body for indices that nobody has taken, until there are none.
  ///
  /// - Returns: Whether there was one.
  private func runIndices() -> Bool {
    guard let first = takeIndex() else { return false }
    let done = run(from: first)
    unfinished.wrappingSubtract(done, ordering: .releasing)
    return true
  }

  /// Calls the job's body for a taken index and for those that are taken after it.
  ///
  /// The body is kept once for all of them, since all threads would count one reference, and not beyond this
  /// function: the job ends when its indices are subtracted, and nobody may have its body then. It cannot end,
  /// nor can its fields change, before.
  ///
  /// - Returns: For how many.
  @inline(never)
  private func run(from first: Int) -> Int {
    let (count, body) = (count, body)
    var (left, done) = (first, 0)
    while true {
      body(count - left)
      done += 1
      guard let next = takeIndex() else { return done }
      left = next
    }
  }

  /// How many indices were left before one was taken; nil where none was.
  private func takeIndex() -> Int? {
    var current = ticket.load(ordering: .acquiring)
    while current & Self.leftMask != 0 {
      let (isMine, found) = ticket.weakCompareExchange(
        expected: current, desired: current - 1, successOrdering: .acquiring,
        failureOrdering: .acquiring)
      if isMine { return Int(current & Self.leftMask) }
      current = found
    }
    return nil
  }

  private var hasIndices: Bool {
    ticket.load(ordering: .sequentiallyConsistent) & Self.leftMask != 0
  }

  /// What worker `index` does, for ever; the caller of a job is number 0.
  private func work(_ index: Int) {
    var isActive: Bool { index < active.load(ordering: .relaxed) }
    var spun = 0
    while true {
      if isActive, runIndices() {
        spun = 0
      } else if spun < spins {
        spun += 1
        ck_pause()
      } else {
        condition.lock()
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !(hasIndices && isActive) { condition.wait() }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        condition.unlock()
        spun = 0
      }
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
