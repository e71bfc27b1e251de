/// Which two neighbouring tokens merge, how early, and into what: a hash table from a pair of ids to a
/// rank and an id, open-addressed, key and value side by side in memory.
struct MergeTable: Sendable {
  /// What a pair that never merges looks up to.
  static let none = UInt64.max

  /// Keys at even places, values at odd ones; an unused key is `none`.
  private var cells: [UInt64]
  private var shift: UInt64
  /// Odd and drawn anew for each table, so that merges cannot be written to collide.
  private let multiplier: UInt64
  private(set) var count = 0

  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    cells = Array(repeating: Self.none, count: 2 << bits)
    shift = 64 - bits
    multiplier = UInt64.random(in: 0...UInt64.max) | 1
  }

  /// Sets what `left`, `right` merges to; a pair that is listed twice keeps the later rank.
  mutating func insert(_ left: Int, _ right: Int, rank: Int, result: Int) {
    let key = UInt64(UInt32(left)) << 32 | UInt64(UInt32(right))
    var slot = Int((key &* multiplier) >> shift)
    let mask = cells.count / 2 - 1
    while cells[2 * slot] != Self.none, cells[2 * slot] != key { slot = (slot + 1) & mask }
    if cells[2 * slot] == Self.none { count += 1 }
    cells[2 * slot] = key
    cells[2 * slot + 1] = UInt64(UInt32(rank)) << 32 | UInt64(UInt32(result))
  }

  func withReader<R>(_ body: (Reader) -> R) -> R {
    cells.withUnsafeBufferPointer {
      body(Reader(cells: $0, shift: shift, multiplier: multiplier, mask: cells.count / 2 - 1))
    }
  }

  /// The table while its memory is pinned.
  struct Reader {
    fileprivate let cells: UnsafeBufferPointer<UInt64>
    fileprivate let shift: UInt64
    fileprivate let multiplier: UInt64
    fileprivate let mask: Int

    /// Rank in the upper half, id of the result in the lower, or `none`.
    @inline(__always)
    func merge(_ left: UInt32, _ right: UInt32) -> UInt64 {
      let key = UInt64(left) << 32 | UInt64(right)
      var slot = Int((key &* multiplier) >> shift)
      while true {
        let found = cells[2 * slot]
        if found == key { return cells[2 * slot + 1] }
        if found == MergeTable.none { return MergeTable.none }
        slot = (slot + 1) & mask
      }
    }
  }
}
