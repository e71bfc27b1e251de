/// The states that texts have reached under a grammar, made deterministic as they are met.
///
/// A state is a set of places in the network, each with its stack. Its transitions, its mask and its
/// distance from the end are found once and kept; a full arena is replaced by an empty one.
struct Arena {
  /// A place in the network: in a lexeme, which is that of an edge, with the calls to come back from.
  struct Place: Hashable {
    var edge: Int32
    var stack: Int32
    var lex: LexState
  }

  struct Key: Hashable {
    var places: [Place]
    /// Whether the text may end here.
    var isComplete: Bool
  }

  struct Frame: Hashable {
    var parent: Int32
    /// Where the network goes on when the call comes back.
    var target: Int32
  }

  static let unknown: Int32 = -2
  static let dead: Int32 = -1
  /// Places of one state; those furthest from the end are left out beyond it, which only narrows
  /// what may be written.
  static let mostPlaces = 2048
  /// Stacks of one state; alternatives that begin alike can double them with every bracket.
  private static let mostStacks = 64
  private static let mostKeptPlaces = 300_000
  private static let mostStates = 6000
  private static let mostFrames = 100_000

  let network: Network
  let vocabulary: TokenVocabulary.Storage
  private(set) var keys: [Key] = []
  /// The fewest bytes from each state to the end.
  private(set) var costs: [Int] = []
  /// How many tokens suffice from each state to the end, or -1 while that is not known.
  var bounds: [Int32] = []
  /// Row by row, the next state for each byte.
  let rows = RowTable()
  private var numbers: [Key: Int32] = [:]
  private(set) var frames: [Frame] = []
  private var frameNumbers: [Frame: Int32] = [:]
  /// What the calls on each stack cost to the end, and how many they are.
  private(set) var frameCosts: [Int] = []
  private(set) var frameDepths: [Int] = []
  var masks = MaskCache()

  init(_ network: Network, _ vocabulary: TokenVocabulary.Storage) {
    self.network = network
    self.vocabulary = vocabulary
  }

  private var keptPlaces = 0

  /// Memory that it takes, about; a mask has a bit for each token.
  var memory: Int {
    keys.count << 10 + 80 * keptPlaces + 60 * frames.count + masks.count * vocabulary.size / 8
  }

  var isFull: Bool {
    keys.count > Self.mostStates || frames.count > Self.mostFrames
      || keptPlaces > Self.mostKeptPlaces
  }

  /// The state at the beginning; nil if there is no text at all.
  mutating func start() -> Int32? {
    var collector = Collector()
    collect(network.start, stack: -1, &collector)
    let state = number(collector)
    return state == Self.dead ? nil : state
  }

  mutating func next(_ state: Int32, _ byte: UInt8) -> Int32 {
    let cell = Int(state) << 8 | Int(byte)
    let known = rows.cells[cell]
    if known != Self.unknown { return known }
    var collector = Collector()
    for place in keys[Int(state)].places {
      let edge = network.edges[Int(place.edge)]
      let lexeme = network.lexemes[Int(edge.lexeme)]
      guard let lex = lexeme.next(place.lex, byte) else { continue }
      add(Place(edge: place.edge, stack: place.stack, lex: lex), &collector)
    }
    let found = number(collector)
    rows.cells[cell] = found
    return found
  }

  /// The same state seen from the beginning of a token.
  mutating func settled(_ state: Int32) -> Int32 {
    guard isFresh(state) else { return state }
    var key = keys[Int(state)]
    for place in key.places.indices { key.places[place].lex.part.isFresh = false }
    return number(key)
  }

  /// Whether the token that led here opened a key.
  func isFresh(_ state: Int32) -> Bool {
    network.hasOpenKeys && keys[Int(state)].places.contains { $0.lex.part.isFresh }
  }

  /// Whether the text may be going on with what is no JSON.
  func isInRawText(_ state: Int32) -> Bool {
    keys[Int(state)].places.contains {
      if case .string(let string) = network.lexemes[Int(network.edges[Int($0.edge)].lexeme)] {
        !string.isQuoted
      } else {
        false
      }
    }
  }

  /// How many bytes a key takes until its closing quote, if the text is in one.
  func keyNeed(_ state: Int32) -> Int? {
    var need: Int?
    for place in keys[Int(state)].places {
      let edge = network.edges[Int(place.edge)]
      guard case .string(let string) = network.lexemes[Int(edge.lexeme)], string.isKey,
        place.lex.part.kind != .before
      else { continue }
      need = min(need ?? .max, max(string.cost(place.lex) - 1, 0))
    }
    return need
  }

  private struct Collector {
    var places: [Place] = []
    var costs: [Int] = []
    var seen: Set<Place> = []
    var visited: Set<Frame> = []
    var isComplete = false
  }

  func cost(_ place: Place) -> Int {
    let edge = network.edges[Int(place.edge)]
    let below = place.stack < 0 ? 0 : frameCosts[Int(place.stack)]
    let lexeme = network.lexemes[Int(edge.lexeme)].cost(place.lex)
    return Cost.sum(Cost.sum(lexeme, network.costs[Int(edge.target)]), below)
  }

  private mutating func add(_ place: Place, _ collector: inout Collector) {
    guard collector.seen.insert(place).inserted else { return }
    let cost = cost(place)
    guard cost < Cost.never else { return }
    let edge = network.edges[Int(place.edge)]
    let lexeme = network.lexemes[Int(edge.lexeme)]
    if lexeme.accepts(place.lex) { collect(edge.target, stack: place.stack, &collector) }
    guard lexeme.hasNext(place.lex) else { return }
    collector.places.append(place)
    collector.costs.append(cost)
  }

  /// Adds every place that is reached from a state of the network without a byte.
  private mutating func collect(_ state: Int32, stack: Int32, _ collector: inout Collector) {
    var pending = [Frame(parent: stack, target: state)]
    while let (stack, state) = pending.popLast().map({ ($0.parent, $0.target) }) {
      guard collector.visited.insert(Frame(parent: stack, target: state)).inserted,
        network.costs[Int(state)] < Cost.never, fits(state, on: stack)
      else { continue }
      let node = network.states[Int(state)]
      if node.isEnd {
        if stack < 0 {
          collector.isComplete = true
        } else {
          pending.append(frames[Int(stack)])
        }
      }
      for target in node.empty { pending.append(Frame(parent: stack, target: target)) }
      for call in node.calls where network.costs[Int(call.target)] < Cost.never {
        guard fits(call.target, on: stack) else { continue }
        let frame = push(Frame(parent: stack, target: call.target))
        pending.append(Frame(parent: frame, target: call.rule))
      }
      for edge in node.edges where fits(network.edges[Int(edge)].target, on: stack) {
        let lexeme = network.lexemes[Int(network.edges[Int(edge)].lexeme)]
        let place = Place(edge: edge, stack: stack, lex: lexeme.start)
        guard collector.seen.insert(place).inserted else { continue }
        let cost = cost(place)
        guard cost < Cost.never else { continue }
        if lexeme.accepts(place.lex) {
          pending.append(Frame(parent: stack, target: network.edges[Int(edge)].target))
        }
        collector.places.append(place)
        collector.costs.append(cost)
      }
    }
  }

  /// Whether the shortest way to the end stays within the depth that a text may have.
  private func fits(_ state: Int32, on stack: Int32) -> Bool {
    let depth = stack < 0 ? 0 : frameDepths[Int(stack)]
    return depth + network.depths[Int(state)] <= network.depthLimit
  }

  private mutating func push(_ frame: Frame) -> Int32 {
    if let known = frameNumbers[frame] { return known }
    let below = frame.parent < 0 ? 0 : frameCosts[Int(frame.parent)]
    frames.append(frame)
    frameCosts.append(Cost.sum(below, network.costs[Int(frame.target)]))
    frameDepths.append((frame.parent < 0 ? 0 : frameDepths[Int(frame.parent)]) + 1)
    frameNumbers[frame] = Int32(frames.count - 1)
    return Int32(frames.count - 1)
  }

  private mutating func number(_ collector: Collector) -> Int32 {
    var places = collector.places
    let isWide = places.count > Self.mostStacks && Set(places.map(\.stack)).count > Self.mostStacks
    if isWide || places.count > Self.mostPlaces {
      var stacks: Set<Int32> = []
      let order = places.indices.sorted { (collector.costs[$0], $0) < (collector.costs[$1], $1) }
      let kept = order.filter { index in
        let stack = places[index].stack
        return stacks.contains(stack)
          || stacks.count < Self.mostStacks && stacks.insert(stack).inserted
      }
      places = kept.prefix(Self.mostPlaces).sorted().map { places[$0] }
    }
    if places.isEmpty && !collector.isComplete { return Self.dead }
    return number(Key(places: places, isComplete: collector.isComplete))
  }

  /// The number of a state, which is new if it was not met before.
  mutating func number(_ key: Key) -> Int32 {
    if let known = numbers[key] { return known }
    let number = Int32(keys.count)
    numbers[key] = number
    keys.append(key)
    keptPlaces += key.places.count
    costs.append(key.isComplete ? 0 : key.places.map { cost($0) }.min() ?? Cost.never)
    bounds.append(-1)
    rows.append(Self.unknown)
    return number
  }
}

extension Arena {
  /// A state by itself: its places, each with the targets of its stack from the bottom.
  struct Portable {
    fileprivate var key: Key
    fileprivate var stacks: [[Int32]]
  }

  func portable(_ state: Int32) -> Portable {
    let key = keys[Int(state)]
    let stacks = key.places.map { place in
      var targets: [Int32] = []
      var stack = place.stack
      while stack >= 0 {
        targets.append(frames[Int(stack)].target)
        stack = frames[Int(stack)].parent
      }
      return [Int32](targets.reversed())
    }
    return Portable(key: key, stacks: stacks)
  }

  /// The number here of a state of another arena of the same grammar.
  mutating func adopt(_ portable: Portable) -> Int32 {
    var key = portable.key
    for (place, targets) in portable.stacks.enumerated() {
      var stack: Int32 = -1
      for target in targets { stack = push(Frame(parent: stack, target: target)) }
      key.places[place].stack = stack
    }
    return number(key)
  }
}
