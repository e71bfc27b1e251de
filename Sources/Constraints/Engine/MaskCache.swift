/// What may follow a state, whatever number of tokens is left.
struct StateMask {
  var mask: TokenMask
  /// The most bytes that any of its tokens leaves to the end.
  var longest: Int
}

/// The masks of the states that were asked for last.
struct MaskCache {
  private static let capacity = 512
  private var entries: [StateMask] = []
  private var states: [Int32] = []
  private var uses: [UInt64] = []
  private var places: [Int32: Int] = [:]
  private var clock: UInt64 = 0

  var count: Int { entries.count }

  mutating func find(_ state: Int32) -> StateMask? {
    guard let place = places[state] else { return nil }
    clock += 1
    uses[place] = clock
    return entries[place]
  }

  mutating func insert(_ state: Int32, _ entry: StateMask) {
    clock += 1
    if entries.count < Self.capacity {
      places[state] = entries.count
      entries.append(entry)
      states.append(state)
      uses.append(clock)
      return
    }
    guard let oldest = uses.indices.min(by: { uses[$0] < uses[$1] }) else { return }
    places[states[oldest]] = nil
    places[state] = oldest
    entries[oldest] = entry
    states[oldest] = state
    uses[oldest] = clock
  }
}
