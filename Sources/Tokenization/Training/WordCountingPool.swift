import Foundation
import Synchronization

/// Counts the words of a text on several threads; whoever counts a word, the sums are the same.
final class WordCountingPool {
  private let lanes: [CountingLane]
  private let queues: [DispatchQueue]
  /// Blocks that wait for each queue or are in work there.
  private let backlogs: [Backlog]
  private let failure = Failure()
  private(set) var bytes = 0

  /// The part of the document that comes after the last place where it can be cut.
  private var held: [UInt8] = []
  /// Stretches that are not counted yet, and where each ends.
  private var block: [UInt8] = []
  private var ends: [Int] = []

  /// Enough for handing it over to cost nothing, little enough to stay in the cache.
  private static let blockBytes = 1 << 19
  /// A stretch this long without a place to cut it is cut where it ends.
  private static let longestStretch = 16 << 20
  private static let longestBacklog = 2

  private final class Backlog: Sendable { let count = Atomic<Int>(0) }
  private final class Failure: Sendable { let error = Mutex<(any Error)?>(nil) }

  init(_ options: BPETrainingOptions) {
    lanes = (0..<options.threads).map { _ in CountingLane(options) }
    // The thread that reads the text counts on the first lane, when the others have enough to do.
    queues = (1..<options.threads).map { DispatchQueue(label: "graft.words.\($0)") }
    backlogs = queues.map { _ in Backlog() }
  }

  var words: Int { lanes.reduce(0) { $0 + $1.words } }
  var spills: Int { lanes.reduce(0) { $0 + $1.spills } }

  /// Adds a piece of a document.
  ///
  /// Words that cross from one piece to the next are counted as if there were no seam.
  func add(_ text: [UInt8], endsDocument: Bool) throws {
    bytes += text.count
    held += text
    if endsDocument {
      try take(held.count)
    } else if let cut = WordBoundary.last(in: held) {
      try take(cut)
    } else if held.count >= Self.longestStretch {
      try take(held.count)
    }
  }

  /// Counts what is left and waits for all lanes.
  func finish() throws -> [CountingLane] {
    try take(held.count)
    try submit()
    for queue in queues { queue.sync {} }
    try throwIfFailed()
    return lanes
  }

  private func take(_ count: Int) throws {
    guard count > 0 else { return }
    if count == held.count {
      block += held
      held.removeAll(keepingCapacity: true)
    } else {
      block += held[..<count]
      held.removeFirst(count)
    }
    ends.append(block.count)
    if block.count >= Self.blockBytes { try submit() }
  }

  private func submit() throws {
    try throwIfFailed()
    guard !ends.isEmpty else { return }
    let (text, ends) = (block, ends)
    block = []
    self.ends = []
    for (place, backlog) in backlogs.enumerated() {
      guard backlog.count.load(ordering: .relaxed) < Self.longestBacklog else { continue }
      backlog.count.add(1, ordering: .relaxed)
      queues[place].async { [lane = lanes[place + 1], failure] in
        do {
          // What waits behind a failure need not be counted any more.
          if failure.error.withLock({ $0 == nil }) { try lane.count(text, ends: ends) }
        } catch {
          failure.error.withLock { $0 = $0 ?? error }
        }
        backlog.count.subtract(1, ordering: .relaxed)
      }
      return
    }
    try lanes[0].count(text, ends: ends)
  }

  private func throwIfFailed() throws {
    if let error = failure.error.withLock({ $0 }) { throw error }
  }
}
