/// Merging of words that are too long to look at every pair again after each merge: a linked list of
/// symbols and a heap of pairs, O(n log n) in the symbols.
enum LongWordMerger {
  /// A word is cut after this many symbols, so that positions fit 32 bits.
  private static let longestWord = 1 << 30

  static func merge(_ symbols: [UInt32], _ merges: MergeTable.Reader, into ids: inout [Int]) {
    var start = 0
    while start < symbols.count {
      let end = min(start + longestWord, symbols.count)
      mergeOne(Array(symbols[start..<end]), merges, into: &ids)
      start = end
    }
  }

  private static func mergeOne(
    _ word: [UInt32], _ merges: MergeTable.Reader, into ids: inout [Int]
  ) {
    let count = word.count
    var symbols = word
    // The list: `next[i]` is `count` after the last symbol, `previous[0]` is -1.
    var next = (0..<Int32(count)).map { $0 + 1 }
    var previous = (0..<Int32(count)).map { $0 - 1 }
    // What each symbol and its follower merge to now; an entry of the heap is stale if it differs.
    var values = [UInt64](repeating: MergeTable.none, count: count)
    var heap = PairHeap()
    for i in 0..<count - 1 {
      values[i] = merges.merge(symbols[i], symbols[i + 1])
      if values[i] != MergeTable.none { heap.appendUnordered(rank: values[i] >> 32, place: i) }
    }
    heap.establish()

    while let (rank, place) = heap.pop() {
      guard values[place] != MergeTable.none, values[place] >> 32 == rank else { continue }
      let gone = Int(next[place])
      symbols[place] = UInt32(truncatingIfNeeded: values[place])
      values[gone] = MergeTable.none
      let follower = Int(next[gone])
      next[place] = Int32(follower)
      values[place] = MergeTable.none
      if follower < count {
        previous[follower] = Int32(place)
        values[place] = merges.merge(symbols[place], symbols[follower])
        if values[place] != MergeTable.none { heap.push(rank: values[place] >> 32, place: place) }
      }
      let before = Int(previous[place])
      if before >= 0 {
        values[before] = merges.merge(symbols[before], symbols[place])
        if values[before] != MergeTable.none {
          heap.push(rank: values[before] >> 32, place: before)
        }
      }
    }

    var index = 0
    while index < count {
      ids.append(Int(symbols[index]))
      index = Int(next[index])
    }
  }
}

/// A binary heap of pairs, the earliest rank first, and of equal ranks the leftmost.
private struct PairHeap {
  /// Rank in the upper half, place in the lower.
  private var items: [UInt64] = []

  mutating func appendUnordered(rank: UInt64, place: Int) {
    items.append(rank << 32 | UInt64(place))
  }

  /// Makes a heap of what was appended, in linear time.
  mutating func establish() {
    for i in stride(from: items.count / 2 - 1, through: 0, by: -1) { siftDown(i) }
  }

  mutating func push(rank: UInt64, place: Int) {
    items.append(rank << 32 | UInt64(place))
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard items[child] < items[parent] else { break }
      items.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> (rank: UInt64, place: Int)? {
    guard let top = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      siftDown(0)
    }
    return (top >> 32, Int(top & 0xFFFF_FFFF))
  }

  private mutating func siftDown(_ start: Int) {
    let count = items.count
    items.withUnsafeMutableBufferPointer { items in
      var parent = start
      let moved = items[parent]
      while true {
        var child = 2 * parent + 1
        guard child < count else { break }
        if child + 1 < count, items[child + 1] < items[child] { child += 1 }
        guard items[child] < moved else { break }
        items[parent] = items[child]
        parent = child
      }
      items[parent] = moved
    }
  }
}
