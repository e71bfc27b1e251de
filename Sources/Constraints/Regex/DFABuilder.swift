/// Numbers the states of an automaton as they are found, after 0, which leads nowhere.
struct DFABuilder<Key: Hashable> {
  /// The keys in the order in which they were found; the state of `keys[i]` is `i + 1`.
  private(set) var keys: [Key] = []
  var accepts: [Bool] = []
  private var places: [Key: Int32] = [:]
  private var table: [Int32]
  private let classCount: Int
  private let budget: WorkBudget

  init(classCount: Int, budget: WorkBudget) {
    self.classCount = classCount
    self.budget = budget
    table = Array(repeating: 0, count: classCount)
  }

  mutating func state(_ key: Key) throws(ConstraintError) -> Int32 {
    if let place = places[key] { return place }
    let limit = budget.limits.states
    guard keys.count < limit else {
      throw .tooLarge(what: "states of a regular expression", limit: limit)
    }
    try budget.spend(10 + classCount)
    keys.append(key)
    accepts.append(false)
    table.append(contentsOf: repeatElement(0, count: classCount))
    places[key] = Int32(keys.count)
    return Int32(keys.count)
  }

  /// Sets where the state of `keys[place]` goes for a class; nowhere, if `key` is nil.
  mutating func set(_ place: Int, _ column: Int, _ key: Key?) throws(ConstraintError) {
    try budget.spend(2)
    guard let key else { return }
    table[(place + 1) * classCount + column] = try state(key)
  }

  func finish(intervals: [UInt32], classes: [UInt16], start: Int32) -> ScalarDFA {
    ScalarDFA(
      intervals: intervals, classes: classes, table: table, accepts: [false] + accepts,
      start: start)
  }
}
