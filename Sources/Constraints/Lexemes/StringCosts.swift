/// The fewest bytes that complete a string, from each state of its automaton and each length.
struct StringCosts: Sendable {
  private let stateCount: Int
  /// The fewest bytes to an accepting state, whatever the length.
  private let free: [Int]
  private let minimum: Int
  private let maximum: Int?
  /// One row for each length below the minimum.
  private var low: [Int] = []
  /// One row for each length from `highStart` to the maximum, where that binds.
  private var high: [Int] = []
  private let highStart: Int

  /// - Parameters:
  ///   - language: What the characters must satisfy.
  ///   - characters: The fewest bytes of a character of each class.
  ///   - minimum: The fewest characters.
  ///   - maximum: The most.
  ///   - budget: What compiling may take.
  /// - Throws: `ConstraintError.tooLarge`.
  init(
    _ language: ScalarDFA, characters: [Int], minimum: Int, maximum: Int?, _ budget: WorkBudget
  ) throws(ConstraintError) {
    stateCount = language.stateCount
    self.minimum = minimum
    self.maximum = maximum
    free = try Self.shortest(language, characters, budget)
    // The shortest way to an accepting state visits none twice, so that a maximum binds only within
    // as many characters of it as there are states.
    highStart = maximum.map { max(minimum, $0 - language.stateCount) } ?? .max
    let rows = minimum + (maximum.map { max(0, $0 - highStart) } ?? 0)
    let (cells, overflow) = rows.multipliedReportingOverflow(by: stateCount)
    guard !overflow, cells <= 2 << 20 else {
      throw .tooLarge(what: "a string's length times its pattern", limit: 2 << 20)
    }
    try budget.spend(cells * (language.classCount + 1) / 4)

    func row(before next: [Int], mayEnd: Bool) -> [Int] {
      (0..<stateCount).map { state in
        if state == 0 { return Cost.never }
        if mayEnd, language.accepts[state] { return 0 }
        var best = Cost.never
        for column in 0..<language.classCount {
          let target = Int(language.next(Int32(state), column))
          best = min(best, Cost.sum(characters[column], next[target]))
        }
        return best
      }
    }
    var next = free
    if let maximum {
      var rows: [[Int]] = []
      next = Array(repeating: Cost.never, count: stateCount)
      for length in stride(from: maximum, through: highStart, by: -1) {
        next = row(before: next, mayEnd: length >= minimum)
        rows.append(next)
      }
      high = Array(rows.reversed().joined())
      if highStart > minimum { next = free }
    }
    var below: [[Int]] = []
    for _ in 0..<minimum {
      next = row(before: next, mayEnd: false)
      below.append(next)
    }
    low = Array(below.reversed().joined())
  }

  /// Memory that it takes, about.
  var memory: Int { 8 * (free.count + low.count + high.count) }

  /// The fewest bytes after `length` characters, of which those past the bounds are not counted.
  func rest(_ state: Int32, _ length: Int) -> Int {
    let state = Int(state)
    if let maximum, length > maximum { return Cost.never }
    if length < minimum { return low[length * stateCount + state] }
    if length >= highStart { return high[(length - highStart) * stateCount + state] }
    return free[state]
  }

  private static func shortest(
    _ language: ScalarDFA, _ characters: [Int], _ budget: WorkBudget
  ) throws(ConstraintError) -> [Int] {
    try budget.spend(language.stateCount * language.classCount)
    var sources = [[(state: Int32, cost: Int)]](repeating: [], count: language.stateCount)
    for state in 1..<language.stateCount {
      var best: [Int32: Int] = [:]
      for column in 0..<language.classCount where characters[column] < Cost.never {
        let target = language.next(Int32(state), column)
        if target != 0 { best[target] = min(best[target] ?? Cost.never, characters[column]) }
      }
      for (target, cost) in best { sources[Int(target)].append((Int32(state), cost)) }
    }
    // Costs are small: a bucket for each distance, walked upwards, is Dijkstra's queue.
    var costs = [Int](repeating: Cost.never, count: language.stateCount)
    var buckets: [Int: [Int]] = [:]
    var pending = 0
    for state in 1..<language.stateCount where language.accepts[state] {
      costs[state] = 0
      buckets[0, default: []].append(state)
      pending += 1
    }
    var distance = 0
    while pending > 0 {
      for state in buckets.removeValue(forKey: distance) ?? [] {
        pending -= 1
        guard costs[state] == distance else { continue }
        for (source, cost) in sources[state] where distance + cost < costs[Int(source)] {
          costs[Int(source)] = distance + cost
          buckets[distance + cost, default: []].append(Int(source))
          pending += 1
        }
      }
      distance += 1
    }
    return costs
  }

  /// The fewest bytes of a character of each class.
  static func characterCosts(
    _ language: ScalarDFA, form: StringLexeme.Form, hasByte: [Bool], writesUTF8: Bool
  ) -> [Int] {
    var costs = [Int](repeating: Cost.never, count: language.classCount)
    func offer(_ range: ClosedRange<UInt32>, _ cost: Int) {
      for found in language.classes(range.lowerBound, range.upperBound) {
        costs[Int(found)] = min(costs[Int(found)], cost)
      }
    }
    for scalar in UInt32(0)..<0x80 {
      let isPlain = scalar >= 0x20 && scalar != 0x22 && scalar != 0x5C
      switch form {
      case .raw: if hasByte[Int(scalar)] { offer(scalar...scalar, 1) }
      case .value, .key:
        if isPlain {
          offer(scalar...scalar, hasByte[Int(scalar)] ? 1 : 6)
        } else if StringLexeme.shortEscapes.contains(where: { $0.scalar == scalar }) {
          offer(scalar...scalar, 2)
        } else if case .value = form {
          offer(scalar...scalar, 6)
        }
      }
    }
    if writesUTF8 {
      for (leads, kind, length) in [
        (UInt8(0xC2)...0xDF, StringPart.Kind.tail1, 2), (0xE0...0xEF, .tail2, 3),
        (0xF0...0xF4, .tail3, 4),
      ] {
        for lead in leads where hasByte[Int(lead)] {
          let mask: UInt8 = length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07
          offer(StringPart(kind, value: UInt32(lead & mask)).scalars, length)
        }
      }
    }
    if case .value = form {
      offer(0x80...0xD7FF, 6)
      offer(0xE000...0xFFFF, 6)
      offer(0x10000...ScalarSet.last, 12)
    }
    return costs
  }
}
