/// Which rows stand in which batch: a function of the counts, the seed and nothing else.
///
/// Every epoch shuffles all rows anew (Fisher–Yates from the back, with the epoch's own SplitMix64
/// stream), or takes them in file order. The last batch of an epoch may be smaller.
package struct BatchOrder: Sendable, Equatable {
  package let rowCount: Int
  package let batchSize: Int
  /// nil takes the rows in file order.
  package let seed: UInt64?

  /// The order of `rowCount` rows in batches of `batchSize`, both at least 1.
  package init(rowCount: Int, batchSize: Int, seed: UInt64?) {
    self.rowCount = max(1, rowCount)
    self.batchSize = max(1, batchSize)
    self.seed = seed
  }

  package var batchesPerEpoch: Int { (rowCount - 1) / batchSize + 1 }

  /// The rows of an epoch, counted from 0, in the order in which they are visited.
  package func rows(ofEpoch epoch: Int) -> [Int] {
    var order = Array(0..<rowCount)
    guard let seed else { return order }
    var generator = SplitMix64(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
    for last in stride(from: rowCount - 1, to: 0, by: -1) {
      order.swapAt(last, Int(generator.next(below: UInt64(last + 1))))
    }
    return order
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
