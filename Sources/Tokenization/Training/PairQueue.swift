/// A pair of neighbours that may be merged, as it stood when it was put into the queue.
struct MergeCandidate: Comparable {
  var count: Int
  /// The left id in the upper half, the right one in the lower.
  var pair: UInt64
  var record: Int

  /// Orders by count, then by smaller ids, so that no tie is left to the order of a hash table.
  static func < (lhs: MergeCandidate, rhs: MergeCandidate) -> Bool {
    lhs.count != rhs.count ? lhs.count < rhs.count : lhs.pair > rhs.pair
  }
}

/// A binary heap, the greatest candidate first.
struct PairQueue {
  private var items: [MergeCandidate] = []

  mutating func push(_ item: MergeCandidate) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard items[parent] < items[child] else { break }
      items.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> MergeCandidate? {
    guard let top = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty { sink(last) }
    return top
  }

  /// Puts `moved` in the place of the first.
  private mutating func sink(_ moved: MergeCandidate) {
    items.withUnsafeMutableBufferPointer { items in
      var parent = 0
      while true {
        var child = 2 * parent + 1
        guard child < items.count else { break }
        if child + 1 < items.count, items[child] < items[child + 1] { child += 1 }
        guard moved < items[child] else { break }
        items[parent] = items[child]
        parent = child
      }
      items[parent] = moved
    }
  }
}
