/// Ids in the order of their weights, the greatest first and the lowest id first of equals.
///
/// A heap: finding the first few of 50,000 costs far less than sorting them all.
struct Ranking: IteratorProtocol {
  private let weights: UnsafeBufferPointer<Float>
  private var heap: [Int32]

  init(weights: UnsafeBufferPointer<Float>) {
    self.weights = weights
    heap = (0..<Int32(clamping: weights.count)).map { $0 }
    for start in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(start) }
  }

  mutating func next() -> Int? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    return Int(first)
  }

  private func precedes(_ a: Int32, _ b: Int32) -> Bool {
    let (x, y) = (weights[Int(a)], weights[Int(b)])
    return x > y || (x == y && a < b)
  }

  private mutating func sink(_ start: Int) {
    var parent = start
    let moving = heap[parent]
    while true {
      var child = 2 * parent + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], moving) else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = moving
  }
}
