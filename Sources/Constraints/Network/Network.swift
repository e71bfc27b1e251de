/// The structure of a text: states joined by lexemes, and by calls of rules that come back.
///
/// Only brackets are rules, so that every call is preceded by a byte and the depth of the stack is the
/// depth of the text.
struct Network: Sendable {
  struct Edge: Sendable {
    var lexeme: Int32
    var target: Int32
  }

  struct Call: Sendable {
    var rule: Int32
    var target: Int32
  }

  struct State: Sendable {
    var edges: [Int32] = []
    var empty: [Int32] = []
    var calls: [Call] = []
    /// Whether the rule may end here.
    var isEnd = false
  }

  private(set) var states: [State] = []
  private(set) var edges: [Edge] = []
  private(set) var lexemes: [Lexeme] = []
  var start: Int32 = 0
  /// The fewest bytes from each state to the end of its rule.
  private(set) var costs: [Int] = []
  /// How deep the shortest way to the end of the rule nests.
  private(set) var depths: [Int] = []
  /// Whether objects may have keys that the grammar does not name, which must not repeat.
  private(set) var hasOpenKeys = false
  /// Whether some of them must be there.
  private(set) var hasForcedKeys = false
  /// Whether there is text that is not JSON.
  private(set) var hasRawText = false
  let depthLimit: Int

  init(depthLimit: Int) { self.depthLimit = depthLimit }

  /// Memory that it takes, about.
  var memory: Int {
    lexemes.reduce(160 * states.count + 8 * edges.count) { $0 + $1.memory }
  }

  mutating func addState(_ budget: WorkBudget) throws(ConstraintError) -> Int32 {
    try budget.spend(20)
    guard states.count < budget.limits.states else {
      throw .tooLarge(what: "states of the structure", limit: budget.limits.states)
    }
    states.append(State())
    return Int32(states.count - 1)
  }

  mutating func addLexeme(_ lexeme: Lexeme) -> Int32 {
    if case .string(let string) = lexeme {
      if string.isKey { hasOpenKeys = true }
      if string.isForced { hasForcedKeys = true }
      if !string.isQuoted { hasRawText = true }
    }
    lexemes.append(lexeme)
    return Int32(lexemes.count - 1)
  }

  mutating func addEdge(_ from: Int32, _ lexeme: Int32, _ to: Int32) {
    edges.append(Edge(lexeme: lexeme, target: to))
    states[Int(from)].edges.append(Int32(edges.count - 1))
  }

  mutating func addEmpty(_ from: Int32, _ to: Int32) { states[Int(from)].empty.append(to) }

  mutating func addCall(_ from: Int32, rule: Int32, _ to: Int32) {
    states[Int(from)].calls.append(Call(rule: rule, target: to))
  }

  mutating func setEnd(_ state: Int32) { states[Int(state)].isEnd = true }
}

extension Network {
  /// Finds the shortest way to the end from every state, after Knuth's generalisation of Dijkstra's
  /// algorithm to grammars.
  mutating func findCosts(_ budget: WorkBudget) throws(ConstraintError) {
    enum Use {
      case step(from: Int32, bytes: Int)
      case rule(from: Int32, Call)
      case back(from: Int32, Call)
    }
    try budget.spend(4 * (states.count + edges.count))
    costs = Array(repeating: Cost.never, count: states.count)
    depths = Array(repeating: 0, count: states.count)
    var uses = states.map { _ in [Use]() }
    var heap = MinimumHeap()
    for (place, state) in states.enumerated() {
      let from = Int32(place)
      for target in state.empty { uses[Int(target)].append(.step(from: from, bytes: 0)) }
      for edge in state.edges {
        let lexeme = lexemes[Int(edges[Int(edge)].lexeme)]
        let bytes = lexeme.cost(lexeme.start)
        if bytes < Cost.never {
          uses[Int(edges[Int(edge)].target)].append(.step(from: from, bytes: bytes))
        }
      }
      for call in state.calls {
        uses[Int(call.rule)].append(.rule(from: from, call))
        uses[Int(call.target)].append(.back(from: from, call))
      }
      if state.isEnd { heap.push(cost: 0, state: from, depth: 0) }
    }
    while let (cost, state, depth) = heap.pop() {
      guard costs[Int(state)] == Cost.never else { continue }
      costs[Int(state)] = cost
      depths[Int(state)] = depth
      for use in uses[Int(state)] {
        try budget.spend(2)
        switch use {
        case .step(let from, let bytes):
          heap.push(cost: Cost.sum(cost, bytes), state: from, depth: depth)
        case .rule(let from, let call), .back(let from, let call):
          let (rule, target) = (Int(call.rule), Int(call.target))
          guard costs[rule] < Cost.never, costs[target] < Cost.never else { continue }
          heap.push(
            cost: Cost.sum(costs[rule], costs[target]), state: from,
            depth: max(depths[rule] + 1, depths[target]))
        }
      }
    }
  }
}

/// A binary heap of costs; ties go to the shallower and then to the state that was made first.
private struct MinimumHeap {
  private var items: [(cost: Int, depth: Int, state: Int32)] = []

  mutating func push(cost: Int, state: Int32, depth: Int) {
    items.append((cost, depth, state))
    var place = items.count - 1
    while place > 0, items[place] < items[(place - 1) / 2] {
      items.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func pop() -> (cost: Int, state: Int32, depth: Int)? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if !items.isEmpty {
      items[0] = last
      var place = 0
      while 2 * place + 1 < items.count {
        var child = 2 * place + 1
        if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
        guard items[child] < items[place] else { break }
        items.swapAt(child, place)
        place = child
      }
    }
    return (first.cost, first.state, first.depth)
  }
}
