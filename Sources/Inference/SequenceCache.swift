import TensorCore

/// The keys and values of one layer for the tokens of one sequence, a row a token.
final class KeyValueBuffer {
  let keys: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
  /// Rows that there is room for.
  let capacity: Int
  private let block: StoragePool.Block

  init(capacity: Int, width: Int) {
    self.capacity = capacity
    block = StoragePool.take(2 * capacity * width * MemoryLayout<Float>.stride)
    keys = block.pointer.bindMemory(to: Float.self, capacity: 2 * capacity * width)
    values = keys + capacity * width
  }

  deinit { StoragePool.give(block) }
}

/// What a model has computed of one sequence: its tokens, and their keys and values in every layer.
///
/// A copy of the beginning shares memory until one of the two grows.
package final class SequenceCache {
  /// Rows are added this many at a time.
  private static let blockRows = 64

  /// The tokens whose keys and values are held.
  package private(set) var tokens: [Int] = []
  private var buffers: [KeyValueBuffer] = []
  private var width = 0

  package init() {}

  /// The first `count` tokens of `other`.
  package init(copying other: SequenceCache, prefix count: Int) {
    require(
      count <= other.tokens.count, "SequenceCache: prefix \(count) of \(other.tokens.count)")
    tokens = Array(other.tokens.prefix(count))
    (buffers, width) = (other.buffers, other.width)
  }

  /// How many tokens `ids` and this sequence have in common at the front.
  package func commonPrefix(with ids: [Int]) -> Int {
    zip(tokens, ids).prefix { $0 == $1 }.count
  }

  /// Forgets all but the first `count` tokens.
  package func truncate(to count: Int) {
    if count < tokens.count { tokens.removeLast(tokens.count - count) }
  }

  /// Makes room for `count` more tokens in memory that belongs to this sequence alone.
  func reserve(_ count: Int, layers: Int, width: Int) {
    self.width = width
    let rows = tokens.count + count
    if buffers.isEmpty {
      let capacity = Self.roundedUp(rows)
      buffers = (0..<layers).map { _ in KeyValueBuffer(capacity: capacity, width: width) }
      return
    }
    for layer in buffers.indices {
      let isOwn = isKnownUniquelyReferenced(&buffers[layer])
      let old = buffers[layer]
      if isOwn && old.capacity >= rows { continue }
      // Half as much again, so that a long answer copies what it has only a few times.
      let capacity = Self.roundedUp(isOwn ? max(rows, old.capacity * 3 / 2) : rows)
      let new = KeyValueBuffer(capacity: capacity, width: width)
      new.keys.update(from: old.keys, count: tokens.count * width)
      new.values.update(from: old.values, count: tokens.count * width)
      buffers[layer] = new
    }
  }

  /// Where rows `tokens.count...` of a layer are written by the step that computes them.
  func buffer(layer: Int) -> KeyValueBuffer { buffers[layer] }

  /// Takes tokens whose keys and values every layer has written.
  func commit(_ new: [Int]) { tokens += new }

  private static func roundedUp(_ rows: Int) -> Int {
    (rows + blockRows - 1) / blockRows * blockRows
  }
}
