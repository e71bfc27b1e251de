/// Every pair of neighbours: how often it occurs, and where.
///
/// Places are never taken out of the lists: one whose pair has since been merged away is found out when
/// the list is walked.
struct PairIndex {
  private(set) var pairs: [UInt64] = []
  var counts: [Int] = []
  /// The last stretch of places of each pair, or -1.
  private var stretches: [Int32] = []
  /// Stretches of `places`; a pair has more than one only where a token was formed in several ways.
  private var list: [(start: Int, count: Int, earlier: Int32)] = []
  private var places: [UInt32] = []

  /// Indices into `pairs`, open-addressed; -1 is free.
  private var slots = [Int32](repeating: -1, count: 1 << 12)
  private var shift: UInt64 = 64 - 12
  /// Odd and drawn anew for each index, so that a text cannot be written to collide.
  private let multiplier = UInt64.random(in: 0...UInt64.max) | 1

  static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 {
    UInt64(left) << 32 | UInt64(right)
  }

  private func slot(of pair: UInt64) -> Int {
    let mask = slots.count - 1
    var mixed = pair &* multiplier
    mixed = (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
    var slot = Int(mixed >> shift)
    while slots[slot] >= 0, pairs[Int(slots[slot])] != pair { slot = (slot + 1) & mask }
    return slot
  }

  /// The record of a pair that is there.
  func record(of pair: UInt64) -> Int? {
    let found = slots[slot(of: pair)]
    return found < 0 ? nil : Int(found)
  }

  /// The record of a pair, made if there is none.
  mutating func makeRecord(_ pair: UInt64) -> Int {
    var place = slot(of: pair)
    if slots[place] >= 0 { return Int(slots[place]) }
    if (pairs.count + 1) * 2 > slots.count {
      grow()
      place = slot(of: pair)
    }
    slots[place] = Int32(pairs.count)
    pairs.append(pair)
    counts.append(0)
    stretches.append(-1)
    return pairs.count - 1
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: 2 * slots.count)
    shift -= 1
    for (record, pair) in pairs.enumerated() { slots[slot(of: pair)] = Int32(record) }
  }

  /// Makes room for `count` places of a pair.
  ///
  /// - Returns: Where the first of them is to be written with `setPlace`.
  mutating func addStretch(_ record: Int, count: Int) -> Int {
    let start = places.count
    places.append(contentsOf: repeatElement(0, count: count))
    list.append((start, count, stretches[record]))
    stretches[record] = Int32(list.count - 1)
    return start
  }

  mutating func setPlace(_ index: Int, _ place: UInt32) { places[index] = place }

  /// The places of a pair from the first to the last, which are forgotten.
  mutating func takePlaces(_ record: Int, into result: inout [UInt32]) {
    result.removeAll(keepingCapacity: true)
    var stretch = stretches[record]
    let isSorted = stretch < 0 || list[Int(stretch)].earlier < 0
    while stretch >= 0 {
      let (start, count, earlier) = list[Int(stretch)]
      result.append(contentsOf: places[start..<start + count])
      stretch = earlier
    }
    if !isSorted { result.sort() }
    stretches[record] = -1
  }
}
