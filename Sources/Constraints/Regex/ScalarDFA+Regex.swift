extension ScalarDFA {
  /// The texts that match `pattern`.
  ///
  /// - Parameters:
  ///   - pattern: An expression of ECMA 262.
  ///   - searching: Whether a part of the text may match, as in JSON Schema, rather than all of it.
  ///   - budget: What compiling may take.
  /// - Throws: `ConstraintError`, with the place in the pattern.
  init(pattern: String, searching: Bool, _ budget: WorkBudget) throws(ConstraintError) {
    try budget.spend(pattern.utf8.count)
    let node = try RegexParser.parse(pattern, depthLimit: budget.limits.depth)
    self = try Self.determinised(RegexNFA(node, searching: searching, budget: budget), budget)
  }

  private static func determinised(
    _ nfa: RegexNFA, _ budget: WorkBudget
  ) throws(ConstraintError) -> ScalarDFA {
    let (intervals, classes, members) = try partition(nfa.sets, budget)
    let classCount = members.first?.count ?? 1
    var builder = DFABuilder<[Int32]>(classCount: classCount, budget: budget)

    func close(_ seeds: [Int32], atStart: Bool) throws(ConstraintError) -> [Int32] {
      let states = try nfa.closure(seeds, atStart: atStart, atEnd: false).states
      // Once a match that may end anywhere is found, nothing else matters.
      return states.contains(nfa.found) ? [nfa.found] : states
    }
    let entry = try close([nfa.start], atStart: true)
    let start = try builder.state(entry + [-1])
    var place = 0
    while place < builder.keys.count {
      var subset = builder.keys[place]
      let isFirst = subset.last == -1
      if isFirst { subset.removeLast() }
      let seeds = isFirst ? [nfa.start] : subset
      builder.accepts[place] = try nfa.closure(seeds, atStart: isFirst, atEnd: true).accepts
      let expanded =
        subset == [nfa.found]
        ? try nfa.closure(subset, atStart: false, atEnd: false).states : subset
      for column in 0..<classCount {
        var targets: [Int32] = []
        for state in expanded {
          if case .consume(let set, let next) = nfa.states[Int(state)],
            members[Int(set)][column]
          {
            targets.append(next)
          }
        }
        try budget.spend(expanded.count)
        let closed = targets.isEmpty ? [] : try close(targets, atStart: false)
        try builder.set(place, column, closed.isEmpty ? nil : closed)
      }
      place += 1
    }
    return builder.finish(intervals: intervals, classes: classes, start: start)
  }

  /// Scalars that no set tells apart, as intervals with a class each, and what is in which set.
  private static func partition(
    _ sets: [ScalarSet], _ budget: WorkBudget
  ) throws(ConstraintError) -> ([UInt32], [UInt16], [[Bool]]) {
    var bounds: Set<UInt32> = [0]
    for set in sets {
      for range in set.ranges {
        bounds.insert(range.lowerBound)
        if range.upperBound < ScalarSet.last { bounds.insert(range.upperBound + 1) }
      }
    }
    let intervals = bounds.sorted()
    try budget.spend(intervals.count * sets.count)
    // Which sets each interval is in, found by walking the ranges of each set along the intervals.
    var signatures = intervals.map { _ in [Int32]() }
    for (number, set) in sets.enumerated() {
      var range = 0
      for (place, scalar) in intervals.enumerated() {
        while range < set.ranges.count, set.ranges[range].upperBound < scalar { range += 1 }
        guard range < set.ranges.count else { break }
        if set.ranges[range].lowerBound <= scalar { signatures[place].append(Int32(number)) }
      }
    }
    var known: [[Int32]: UInt16] = [:]
    var distinct: [[Int32]] = []
    var classes: [UInt16] = []
    for signature in signatures {
      guard let found = known[signature] else {
        guard distinct.count < 60_000 else {
          throw .tooLarge(what: "classes of characters", limit: 60_000)
        }
        known[signature] = UInt16(distinct.count)
        classes.append(UInt16(distinct.count))
        distinct.append(signature)
        continue
      }
      classes.append(found)
    }
    try budget.spend(distinct.count * sets.count)
    var members = sets.map { _ in [Bool](repeating: false, count: distinct.count) }
    for (number, signature) in distinct.enumerated() {
      for set in signature { members[Int(set)][number] = true }
    }
    return (intervals, classes, members)
  }

  /// Every text but `texts`.
  init(excluding texts: [String], _ budget: WorkBudget) throws(ConstraintError) {
    let words = texts.map { $0.unicodeScalars.map(\.value) }
    let letters = Set(words.joined()).sorted()
    var intervals: [UInt32] = [0]
    var classes: [UInt16] = [0]
    var columns: [UInt32: Int] = [:]
    for (number, letter) in letters.enumerated() {
      if intervals.last == letter {
        classes[classes.count - 1] = UInt16(clamping: number + 1)
      } else {
        intervals.append(letter)
        classes.append(UInt16(clamping: number + 1))
      }
      columns[letter] = number + 1
      if letter < ScalarSet.last {
        intervals.append(letter + 1)
        classes.append(0)
      }
    }
    let width = letters.count + 1
    try budget.spend(width)
    // 1 is the beginning, 2 what is none of the texts any more.
    var table = [Int32](repeating: 2, count: 3 * width)
    for column in 0..<width { table[column] = 0 }
    var accepts = [false, true, true]
    for word in words {
      var state = 1
      for letter in word {
        let cell = state * width + (columns[letter] ?? 0)
        if table[cell] == 2 {
          try budget.spend(width)
          table[cell] = Int32(accepts.count)
          accepts.append(true)
          table.append(contentsOf: repeatElement(2, count: width))
        }
        state = Int(table[cell])
      }
      accepts[state] = false
    }
    self.init(intervals: intervals, classes: classes, table: table, accepts: accepts, start: 1)
  }
}
