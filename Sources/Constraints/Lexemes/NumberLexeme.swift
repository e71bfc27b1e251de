/// What a number must satisfy.
struct NumberRange: Hashable, Sendable {
  var lower: DecimalBound?
  var upper: DecimalBound?
  var isInteger = false
  /// 1, unless it must be a multiple of more.
  var multiple = 1

  /// The automaton of its decimal digits.
  ///
  /// Integers and bounded numbers have at most 15 digits, which every reader takes for what they
  /// are, and more only where a bound asks for them; an exponent is written only without bounds.
  func automaton(hasByte: [Bool], _ budget: WorkBudget) throws(ConstraintError) -> ByteDFA {
    let isPlain = lower == nil && upper == nil && !isInteger && multiple == 1
    if isPlain { return try NumberMachine.plain.automaton(hasByte: hasByte, budget) }
    var sides: [NumberMachine] = []
    let isNonNegative = upper.map { !$0.isNegative } ?? true
    if isNonNegative {
      let floor = lower.flatMap { $0.isNegative ? nil : $0 } ?? .zero
      sides.append(NumberMachine(floor, upper, isNegative: false, range: self))
    }
    if lower.map({ $0.isNegative }) ?? true {
      var floor = DecimalBound.zero
      if let upper, upper.isNegative || upper.isZero { floor = upper.negated }
      // There is no integer -0.
      if isInteger || multiple > 1, floor.isZero { floor.isExclusive = true }
      sides.append(NumberMachine(floor, lower?.negated, isNegative: true, range: self))
    }
    return try NumberMachine.automaton(sides, hasByte: hasByte, budget)
  }
}

/// The digits of numbers of one sign between two bounds, compared from the first digit on.
///
/// How many digits stand before the point must be known for that, so that a state is a set of guesses.
struct NumberMachine {
  /// One guess.
  struct State: Hashable, Comparable {
    enum Phase: Int {
      case sign, whole, fraction, exponent
    }

    var phase: Phase
    var side: Int
    /// Digits before the point, 0 for any number of them beyond those of the lower bound, and how
    /// many digits of the phase have been read.
    var length: Int
    var place = 0
    /// Whether all digits were those of the bound.
    var isLow = false
    var isHigh = false
    var remainder = 0

    private var flags: Int { (isLow ? 1 : 0) + (isHigh ? 2 : 0) }

    static func < (a: State, b: State) -> Bool {
      (a.phase.rawValue, a.side, a.length, a.place, a.flags, a.remainder)
        < (b.phase.rawValue, b.side, b.length, b.place, b.flags, b.remainder)
    }
  }

  let low: DecimalBound
  let high: DecimalBound?
  let isNegative: Bool
  let isInteger: Bool
  let multiple: Int
  let hasExponent: Bool
  let mostWhole: Int
  let mostFraction: Int

  static let plain = NumberMachine(
    .zero, nil, isNegative: false, range: NumberRange(), hasExponent: true)

  init(
    _ low: DecimalBound, _ high: DecimalBound?, isNegative: Bool, range: NumberRange,
    hasExponent: Bool = false
  ) {
    self.low = low
    self.high = high
    self.isNegative = isNegative
    isInteger = range.isInteger || range.multiple > 1
    multiple = range.multiple
    self.hasExponent = hasExponent
    let usual = isInteger || hasExponent ? 15 : 9
    mostWhole = high?.whole.count ?? max(usual, low.whole.count + 1)
    // Readers round what has a fraction and more than 15 digits, perhaps onto a bound that is out; integers they do not.
    mostFraction = max(
      hasExponent ? 15 : mostWhole > 15 ? 0 : 1, 15 - mostWhole, low.fraction.count,
      high?.fraction.count ?? 0)
  }

  func automaton(hasByte: [Bool], _ budget: WorkBudget) throws(ConstraintError) -> ByteDFA {
    let other = NumberMachine(
      low, high, isNegative: true, range: NumberRange(), hasExponent: hasExponent)
    return try Self.automaton([self, other], hasByte: hasByte, budget)
  }

  /// The guesses at the first digit.
  private func starts(side: Int) -> [State] {
    guard mostWhole >= low.whole.count else { return [] }
    let tight = State(phase: .whole, side: side, length: low.whole.count, isLow: true)
    guard let high else {
      // Whatever has more digits than the bound is above it, however many there are.
      return [tight, State(phase: .whole, side: side, length: 0)]
    }
    return (low.whole.count...mostWhole).map { length in
      State(
        phase: .whole, side: side, length: length, isLow: length == low.whole.count,
        isHigh: length == high.whole.count)
    }
  }

  private func isWhole(_ state: State) -> Bool {
    state.length == 0 ? state.place > low.whole.count : state.place == state.length
  }

  private func next(_ state: State, digit: Int) -> State? {
    var next = state
    next.place += 1
    let lowDigits = state.phase == .whole ? low.whole : low.fraction
    let highDigits = (state.phase == .whole ? high?.whole : high?.fraction) ?? []
    if state.phase == .whole {
      guard state.place < (state.length == 0 ? mostWhole : state.length),
        digit > 0 || state.place > 0 || state.length == 1
      else { return nil }
    } else {
      guard state.place < mostFraction else { return nil }
    }
    if state.isLow {
      let bound = state.place < lowDigits.count ? Int(lowDigits[state.place]) : 0
      if digit < bound { return nil }
      next.isLow = digit == bound
    }
    if state.isHigh {
      let bound = state.place < highDigits.count ? Int(highDigits[state.place]) : 0
      if digit > bound { return nil }
      next.isHigh = digit == bound
    }
    next.remainder = (state.remainder * 10 + digit) % multiple
    return next
  }

  private func accepts(_ state: State) -> Bool {
    guard state.remainder == 0, state.phase != .sign else { return false }
    if state.phase == .exponent { return state.place > 0 }
    let read = state.phase == .whole ? 0 : state.place
    if state.phase == .whole ? !isWhole(state) : read == 0 { return false }
    if state.isLow, read < low.fraction.count || low.isExclusive { return false }
    if state.isHigh, let high, read >= high.fraction.count, high.isExclusive { return false }
    return true
  }

  private func step(_ state: State, _ byte: UInt8) -> State? {
    switch (state.phase, byte) {
    case (.whole, 0x30...0x39), (.fraction, 0x30...0x39):
      return next(state, digit: Int(byte - 0x30))
    case (.whole, 0x2E) where isWhole(state) && !isInteger:
      var next = state
      next.phase = .fraction
      next.place = 0
      return next
    case (.whole, 0x65), (.whole, 0x45), (.fraction, 0x65), (.fraction, 0x45):
      guard hasExponent, accepts(state) else { return nil }
      return State(phase: .exponent, side: state.side, length: 0)
    case (.exponent, 0x2B), (.exponent, 0x2D):
      // The sign is remembered in `length`, which has no other use here.
      guard state.place == 0, state.length == 0 else { return nil }
      var next = state
      next.length = 1
      return next
    case (.exponent, 0x30...0x39):
      guard state.place < 2 else { return nil }
      var next = state
      next.place += 1
      return next
    default: return nil
    }
  }

  static func automaton(
    _ sides: [NumberMachine], hasByte: [Bool], _ budget: WorkBudget
  ) throws(ConstraintError) -> ByteDFA {
    var edges: [[UInt8: Int32]] = []
    var accepts: [Bool] = []
    var keys: [[State]] = []
    var places: [[State]: Int32] = [:]
    func place(_ key: [State]) throws(ConstraintError) -> Int32 {
      if let known = places[key] { return known }
      try budget.spend(40 * key.count)
      guard keys.count < 20_000 else { throw .tooLarge(what: "states of a number", limit: 20_000) }
      places[key] = Int32(keys.count)
      keys.append(key)
      return Int32(keys.count - 1)
    }
    var start: [State] = []
    for (side, machine) in sides.enumerated() {
      start +=
        machine.isNegative
        ? [State(phase: .sign, side: side, length: 0)] : machine.starts(side: side)
    }
    _ = try place(start.sorted())
    while edges.count < keys.count {
      let key = keys[edges.count]
      accepts.append(key.contains { sides[$0.side].accepts($0) })
      var next: [UInt8: Int32] = [:]
      for byte in Array("-+.eE0123456789".utf8) {
        var targets: Set<State> = []
        for state in key {
          if state.phase == .sign {
            if byte == 0x2D { targets.formUnion(sides[state.side].starts(side: state.side)) }
          } else if let target = sides[state.side].step(state, byte) {
            targets.insert(target)
          }
        }
        if !targets.isEmpty { next[byte] = try place(targets.sorted()) }
      }
      edges.append(next)
    }
    return ByteDFA(edges: edges, accepts: accepts, hasByte: hasByte)
  }
}
