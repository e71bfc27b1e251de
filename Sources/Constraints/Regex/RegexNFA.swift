/// Thompson's automaton of a regular expression, over sets of scalars.
struct RegexNFA {
  enum State {
    case split([Int32])
    case consume(set: Int32, next: Int32)
    case assertStart(Int32)
    case assertEnd(Int32)
    case accept
  }

  private(set) var states: [State] = []
  private(set) var sets: [ScalarSet] = []
  private(set) var start: Int32 = 0
  /// Where a match that may end anywhere stays once it is found; -1 if it must end at the end.
  private(set) var found: Int32 = -1
  private var places: [ScalarSet: Int32] = [:]
  private let budget: WorkBudget

  /// - Parameters:
  ///   - node: The expression.
  ///   - searching: Whether it may match anywhere in the text, as in JSON Schema.
  ///   - budget: What compiling may take.
  /// - Throws: `ConstraintError.tooLarge`.
  init(_ node: RegexNode, searching: Bool, budget: WorkBudget) throws(ConstraintError) {
    self.budget = budget
    let accept = try add(.accept)
    guard searching else {
      start = try compile(node, accept)
      return
    }
    found = try add(.split([]))
    let after = try add(.consume(set: index(of: .any), next: found))
    states[Int(found)] = .split([after, accept])
    let match = try compile(node, found)
    let entry = try add(.split([]))
    let before = try add(.consume(set: index(of: .any), next: entry))
    states[Int(entry)] = .split([match, before])
    start = entry
  }

  private mutating func add(_ state: State) throws(ConstraintError) -> Int32 {
    try budget.spend(20)
    guard states.count < budget.limits.states else {
      throw .tooLarge(what: "states of a regular expression", limit: budget.limits.states)
    }
    states.append(state)
    return Int32(states.count - 1)
  }

  private mutating func index(of set: ScalarSet) -> Int32 {
    if let place = places[set] { return place }
    sets.append(set)
    places[set] = Int32(sets.count - 1)
    return Int32(sets.count - 1)
  }

  /// The state from which `node` and then whatever `next` begins is matched.
  private mutating func compile(
    _ node: RegexNode, _ next: Int32
  ) throws(ConstraintError) -> Int32 {
    switch node {
    case .empty: return next
    case .set(let set): return try add(.consume(set: index(of: set), next: next))
    case .start: return try add(.assertStart(next))
    case .end: return try add(.assertEnd(next))
    case .sequence(let parts):
      var entry = next
      for part in parts.reversed() { entry = try compile(part, entry) }
      return entry
    case .choice(let options):
      var entries: [Int32] = []
      for option in options { entries.append(try compile(option, next)) }
      return try add(.split(entries))
    case .repeated(let body, let min, let max):
      var entry: Int32
      if let max {
        entry = next
        for _ in 0..<(max - min) {
          entry = try add(.split([try compile(body, entry), next]))
        }
      } else {
        entry = try add(.split([]))
        states[Int(entry)] = .split([try compile(body, entry), next])
      }
      for _ in 0..<min { entry = try compile(body, entry) }
      return entry
    }
  }

  /// The states that matter from here on, reached from `seeds` without a character, in order.
  ///
  /// - Parameters:
  ///   - seeds: Where to begin.
  ///   - atStart: Whether no character was consumed before.
  ///   - atEnd: Whether none will be consumed after; then accepting states are all that is asked.
  /// - Returns: The states that consume, assert the end or accept, `found` among them, and whether
  ///   an accepting state is reached.
  /// - Throws: `ConstraintError.tooLarge`.
  func closure(
    _ seeds: [Int32], atStart: Bool, atEnd: Bool
  ) throws(ConstraintError) -> (states: [Int32], accepts: Bool) {
    var seen = Set<Int32>()
    var pending = seeds
    var result: [Int32] = []
    var accepts = false
    while let state = pending.popLast() {
      guard seen.insert(state).inserted else { continue }
      try budget.spend(4)
      if state == found { result.append(state) }
      switch states[Int(state)] {
      case .split(let targets): pending.append(contentsOf: targets)
      case .consume: result.append(state)
      case .assertStart(let next): if atStart { pending.append(next) }
      case .assertEnd(let next):
        result.append(state)
        if atEnd { pending.append(next) }
      case .accept:
        result.append(state)
        accepts = true
      }
    }
    return (result.sorted(), accepts)
  }
}
