/// A deterministic automaton over Unicode scalars.
///
/// Scalars that no expression tells apart share a class. State 0 is the one that nothing leads out
/// of to a match.
struct ScalarDFA: Sendable {
  /// Where each interval of scalars begins, in order, the first at 0.
  private(set) var intervals: [UInt32]
  /// The class of each interval.
  private(set) var intervalClass: [UInt16]
  private(set) var classCount: Int
  /// Row by row, the next state for each class.
  private(set) var table: [Int32]
  private(set) var accepts: [Bool]
  private(set) var start: Int32
  private var ascii: [UInt16]

  init(
    intervals: [UInt32], classes: [UInt16], table: [Int32], accepts: [Bool], start: Int32
  ) {
    self.intervals = intervals
    intervalClass = classes
    classCount = Int(classes.max() ?? 0) + 1
    self.table = table
    self.accepts = accepts
    self.start = start
    ascii = []
    ascii = (0..<128).map { search(UInt32($0)) }.map { classes[$0] }
  }

  var stateCount: Int { accepts.count }
  /// Memory that it takes, about.
  var memory: Int { 4 * table.count + accepts.count + 6 * intervals.count }

  /// Every text.
  static let any = ScalarDFA(
    intervals: [0], classes: [0], table: [0, 1], accepts: [false, true], start: 1)

  private func search(_ scalar: UInt32) -> Int {
    var low = 0
    var high = intervals.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if intervals[middle] <= scalar { low = middle } else { high = middle }
    }
    return low
  }

  func characterClass(_ scalar: UInt32) -> Int {
    Int(scalar < 128 ? ascii[Int(scalar)] : intervalClass[search(scalar)])
  }

  /// The one class of the scalars from `low` to `high`, if there is one.
  func singleClass(_ low: UInt32, _ high: UInt32) -> Int? {
    let first = search(low)
    let last = search(high)
    let found = intervalClass[first]
    return intervalClass[first...last].allSatisfy { $0 == found } ? Int(found) : nil
  }

  /// The classes of the scalars from `low` to `high`, some of them perhaps several times.
  func classes(_ low: UInt32, _ high: UInt32) -> ArraySlice<UInt16> {
    intervalClass[search(low)...search(high)]
  }

  func next(_ state: Int32, _ characterClass: Int) -> Int32 {
    table[Int(state) * classCount + characterClass]
  }

  /// Whether everything is accepted from `state` on.
  func isUniversal(_ state: Int32) -> Bool {
    accepts[Int(state)] && (0..<classCount).allSatisfy { next(state, $0) == state }
  }

  func matches(_ text: String) -> Bool {
    var state = start
    for scalar in text.unicodeScalars { state = next(state, characterClass(scalar.value)) }
    return accepts[Int(state)]
  }

  /// Everything else.
  var complement: ScalarDFA {
    // State 0 leads nowhere, which its complement does not: the states move up by one.
    var flipped = [Int32](repeating: 0, count: classCount)
    flipped.append(contentsOf: table.map { $0 + 1 })
    return ScalarDFA(
      intervals: intervals, classes: intervalClass, table: flipped,
      accepts: [false] + accepts.map { !$0 }, start: start + 1)
  }

  private struct Pair: Hashable {
    var a: Int32
    var b: Int32
  }

  /// What both accept.
  func intersection(_ other: ScalarDFA, _ budget: WorkBudget) throws(ConstraintError) -> ScalarDFA {
    let bounds = Set(intervals).union(other.intervals).sorted()
    try budget.spend(20 * bounds.count)
    var pairs: [[Int]: UInt16] = [:]
    var order: [(Int, Int)] = []
    let classes = bounds.map { scalar -> UInt16 in
      let pair = (characterClass(scalar), other.characterClass(scalar))
      if let known = pairs[[pair.0, pair.1]] { return known }
      order.append(pair)
      pairs[[pair.0, pair.1]] = UInt16(order.count - 1)
      return UInt16(order.count - 1)
    }
    var builder = DFABuilder<Pair>(classCount: order.count, budget: budget)
    let first = try builder.state(Pair(a: start, b: other.start))
    var place = 0
    while place < builder.keys.count {
      let from = builder.keys[place]
      for (column, pair) in order.enumerated() {
        let to = Pair(a: next(from.a, pair.0), b: other.next(from.b, pair.1))
        try builder.set(place, column, to.a == 0 || to.b == 0 ? nil : to)
      }
      builder.accepts[place] = accepts[Int(from.a)] && other.accepts[Int(from.b)]
      place += 1
    }
    return builder.finish(intervals: bounds, classes: classes, start: first)
  }
}
