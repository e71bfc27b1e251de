/// Which rows stand in which batch: a function of the counts, the lengths, the seed and nothing else.
///
/// Every epoch shuffles all rows anew (Fisher–Yates from the back, with the epoch's own SplitMix64
/// stream), or takes them in file order. The last batch of an epoch may be smaller.
package struct BatchOrder: Sendable, Equatable {
  package let rowCount: Int
  package let batchSize: Int
  /// nil takes the rows in file order.
  package let seed: UInt64?
  /// The length of each row, where those of a batch are to be alike; nil mixes all lengths.
  package let lengths: [Int]?

  /// Batches whose rows are sorted by length together.
  ///
  /// As many as transformers' `LengthGroupedSampler` takes: enough for batches of like rows, few enough that rows
  /// meet others in each epoch.
  private static let batchesPerGroup = 50

  /// The order of `rowCount` rows in batches of `batchSize`, both at least 1.
  ///
  /// - Parameters:
  ///   - rowCount: How many rows there are.
  ///   - batchSize: How many stand in a batch.
  ///   - seed: nil takes the rows in file order.
  ///   - lengths: As many as rows, to group them by.
  /// - Precondition: With lengths there is a seed.
  package init(rowCount: Int, batchSize: Int, seed: UInt64?, lengths: [Int]? = nil) {
    guard lengths == nil || lengths?.count == rowCount && seed != nil else {
      fatalError("BatchOrder: groups of like lengths need the length of each row, and a seed")
    }
    self.rowCount = max(1, rowCount)
    self.batchSize = max(1, batchSize)
    self.seed = seed
    self.lengths = lengths
  }

  package var batchesPerEpoch: Int { (rowCount - 1) / batchSize + 1 }

  /// The rows of an epoch, counted from 0, in the order in which they are visited.
  package func rows(ofEpoch epoch: Int) -> [Int] {
    var order = Array(0..<rowCount)
    guard let seed else { return order }
    var generator = SplitMix64(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
    generator.shuffle(&order)
    return lengths.map { grouped(order, $0, &generator) } ?? order
  }

  /// Sorts groups of shuffled rows by length, cuts them into batches and shuffles these.
  ///
  /// The smaller batch, where there is one, stays the last.
  private func grouped(
    _ order: [Int], _ lengths: [Int], _ generator: inout SplitMix64
  ) -> [Int] {
    var batches: [[Int]] = []
    let (group, isOverflow) = batchSize.multipliedReportingOverflow(by: Self.batchesPerGroup)
    for start in stride(from: 0, to: rowCount, by: isOverflow ? rowCount : group) {
      let rows = order[start..<min(rowCount, start + (isOverflow ? rowCount : group))]
      // Rows of one length stay in their random order.
      let sorted = rows.enumerated().sorted {
        (lengths[$1.element], $0.offset) < (lengths[$0.element], $1.offset)
      }.map(\.element)
      batches += stride(from: 0, to: sorted.count, by: batchSize).map {
        Array(sorted[$0..<min(sorted.count, $0 + batchSize)])
      }
    }
    let smaller = batches.last.flatMap { $0.count < batchSize ? $0 : nil }
    if smaller != nil { batches.removeLast() }
    generator.shuffle(&batches)
    return batches.flatMap { $0 } + (smaller ?? [])
  }

  /// The batches of an epoch.
  package func batches(ofEpoch epoch: Int) -> [[Int]] {
    let order = rows(ofEpoch: epoch)
    return stride(from: 0, to: rowCount, by: batchSize).map { start in
      Array(order[start..<min(start + batchSize, rowCount)])
    }
  }

  /// Batch `index` of the endless sequence of epochs, in O(rows): resuming needs only a number.
  package func batch(_ index: Int) -> [Int] {
    let (epoch, place) = index.quotientAndRemainder(dividingBy: batchesPerEpoch)
    let start = place * batchSize
    return Array(rows(ofEpoch: epoch)[start..<min(start + batchSize, rowCount)])
  }
}

extension SplitMix64 {
  /// Fisher–Yates from the back.
  fileprivate mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, Int(next(below: UInt64(last + 1))))
    }
  }
}

/// A batch order that keeps the epoch it is in, so that a batch costs no more than its rows.
package struct EpochOrder {
  private let order: BatchOrder
  private var epoch: Int?
  private var rows: [Int] = []

  package init(_ order: BatchOrder) { self.order = order }

  /// Batch `index` of the endless sequence of epochs.
  package mutating func batch(_ index: Int) -> ArraySlice<Int> {
    let (wanted, place) = index.quotientAndRemainder(dividingBy: order.batchesPerEpoch)
    if epoch != wanted { (epoch, rows) = (wanted, order.rows(ofEpoch: wanted)) }
    let start = place * order.batchSize
    return rows[start..<min(start + order.batchSize, order.rowCount)]
  }
}
