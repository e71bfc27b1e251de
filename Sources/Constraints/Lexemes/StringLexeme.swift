/// Text whose characters are accepted by an automaton, of a bounded number of characters.
///
/// Bounds and automaton see the characters that are meant; how they are written, as themselves or as
/// escapes of JSON, is free.
struct StringLexeme: Sendable {
  /// How the text is written.
  enum Form: Sendable {
    /// As it is.
    case raw
    /// As a JSON string with any escapes.
    case value
    /// As a JSON string that has only one spelling, so that keys can be compared by their bytes.
    ///
    /// If more of them must follow, more than the shortest text is set aside for each, since no two
    /// may be the same.
    case key(spare: Int)
  }

  let language: ScalarDFA
  let form: Form
  /// Characters that the text has at least; for keys, those that are set aside.
  let minimum: Int
  let maximum: Int?
  let costs: StringCosts
  /// Whether characters beyond ASCII are written as themselves; that takes all their bytes.
  private let writesUTF8: Bool

  init(
    _ language: ScalarDFA, form: Form, minimum: Int = 0, maximum: Int? = nil, hasByte: [Bool],
    _ budget: WorkBudget
  ) throws(ConstraintError) {
    self.language = language
    self.form = form
    if case .key(let spare) = form { self.minimum = spare } else { self.minimum = minimum }
    self.maximum = maximum
    writesUTF8 = hasByte[0x80..<0xC0].allSatisfy(\.self)
    costs = try StringCosts(
      language,
      characters: StringCosts.characterCosts(
        language, form: form, hasByte: hasByte, writesUTF8: writesUTF8),
      minimum: self.minimum, maximum: maximum, budget)
  }

  var isQuoted: Bool { if case .raw = form { false } else { true } }
  var isKey: Bool { if case .key = form { true } else { false } }
  /// Whether this is a key that leaves room for others.
  var isForced: Bool { if case .key(let spare) = form { spare > 0 } else { false } }

  /// The most bytes that one character takes: two escapes that are halves of a pair.
  static let longestCharacter = 12

  var start: LexState {
    LexState(automaton: language.start, part: isQuoted ? .before : .between)
  }

  /// Whether any character may follow, and any number of them up to the maximum.
  func isFree(_ state: LexState) -> Bool {
    isQuoted && state.part.kind == .between && language.isUniversal(state.automaton)
  }

  func accepts(_ state: LexState) -> Bool {
    isQuoted ? state.part.kind == .closed : state.part.kind == .between && mayEnd(state)
  }

  private func mayEnd(_ state: LexState) -> Bool {
    language.accepts[Int(state.automaton)] && (isKey || Int(state.count) >= minimum)
  }

  func next(_ state: LexState, _ byte: UInt8) -> LexState? {
    var result = successor(state, byte)
    if state.part.isFresh { result?.part.isFresh = true }
    return result
  }

  private func successor(_ state: LexState, _ byte: UInt8) -> LexState? {
    switch state.part.kind {
    case .before:
      guard byte == 0x22 else { return nil }
      var opened = state
      opened.part = .between
      opened.part.isFresh = isKey
      return opened
    case .between: return begin(state, byte)
    case .closed: return nil
    case .tail1, .tail2, .tail3: return continuation(state, byte)
    case .escape: return escape(state, byte)
    case .pair: return byte == 0x5C ? moved(state, state.part.value) : nil
    case .pairEscape: return byte == 0x75 ? moved(state, state.part.value) : nil
    default: return digit(state, byte)
    }
  }

  private func begin(_ state: LexState, _ byte: UInt8) -> LexState? {
    if isQuoted {
      if byte == 0x22 {
        guard mayEnd(state), !(isKey && state.part.isFresh) else { return nil }
        return LexState(automaton: state.automaton, count: state.count, part: .closed)
      }
      if byte == 0x5C { return with(state, StringPart(.escape)) }
      if byte < 0x20 { return nil }
    }
    if byte < 0x80 { return finished(state, scalar: UInt32(byte)) }
    guard writesUTF8 else { return nil }
    switch byte {
    case 0xC2...0xDF: return classified(state, .tail1, UInt32(byte & 0x1F))
    case 0xE0...0xEF: return classified(state, .tail2, UInt32(byte & 0x0F))
    case 0xF0...0xF4: return classified(state, .tail3, UInt32(byte & 0x07))
    default: return nil
    }
  }

  private func continuation(_ state: LexState, _ byte: UInt8) -> LexState? {
    guard byte & 0xC0 == 0x80 else { return nil }
    let part = state.part
    if part.characterClass == nil {
      // What would be a longer form than needed, half of a surrogate pair, or beyond the last.
      switch (part.kind, part.value) {
      case (.tail2, 0): if byte < 0xA0 { return nil }
      case (.tail2, 0xD): if byte >= 0xA0 { return nil }
      case (.tail3, 0): if byte < 0x90 { return nil }
      case (.tail3, 4): if byte >= 0x90 { return nil }
      default: break
      }
    }
    return moved(state, part.value << 6 | UInt32(byte & 0x3F))
  }

  private func escape(_ state: LexState, _ byte: UInt8) -> LexState? {
    if byte == 0x75 { return isKey ? nil : with(state, StringPart(.unit0, value: 0)) }
    if byte == 0x2F, isKey { return nil }
    return Self.shortEscapes.first { $0.letter == byte }
      .flatMap { finished(state, scalar: $0.scalar) }
  }

  static let shortEscapes: [(letter: UInt8, scalar: UInt32)] = [
    (0x22, 0x22), (0x5C, 0x5C), (0x2F, 0x2F), (0x62, 0x08), (0x66, 0x0C), (0x6E, 0x0A),
    (0x72, 0x0D), (0x74, 0x09),
  ]

  private func digit(_ state: LexState, _ byte: UInt8) -> LexState? {
    let digit: UInt32
    switch byte {
    case 0x30...0x39: digit = UInt32(byte - 0x30)
    case 0x41...0x46: digit = UInt32(byte - 0x37)
    case 0x61...0x66: digit = UInt32(byte - 0x57)
    default: return nil
    }
    let value = state.part.value
    switch state.part.kind {
    case .unit1 where state.part.characterClass == nil && value == 0xD && digit >= 8:
      return digit < 12 ? classified(state, .high2, value << 4 | digit) : nil
    case .high3: return moved(state, (value << 4 | digit) &- 0xD800)
    case .low0: return digit == 0xD ? moved(state, value) : nil
    case .low1: return digit >= 12 ? moved(state, value << 2 | digit & 3) : nil
    case .low3: return moved(state, 0x10000 + (value << 4 | digit))
    default: return moved(state, value << 4 | digit)
    }
  }
}

extension StringLexeme {
  private func with(_ state: LexState, _ part: StringPart) -> LexState {
    LexState(automaton: state.automaton, count: state.count, part: part)
  }

  /// One byte further in a character, of which `value` is then known unless its class is.
  private func moved(_ state: LexState, _ value: UInt32) -> LexState? {
    let next = state.part.following
    if let known = state.part.characterClass {
      return next == .between
        ? finished(state, known) : with(state, StringPart(next, characterClass: known))
    }
    return next == .between ? finished(state, scalar: value) : classified(state, next, value)
  }

  private func classified(
    _ state: LexState, _ kind: StringPart.Kind, _ value: UInt32
  ) -> LexState {
    let part = StringPart(kind, value: value)
    let range = part.scalars
    guard !part.hasRules, let known = language.singleClass(range.lowerBound, range.upperBound)
    else { return with(state, part) }
    return with(state, StringPart(kind, characterClass: known))
  }

  private func finished(_ state: LexState, scalar: UInt32) -> LexState? {
    finished(state, language.characterClass(scalar))
  }

  private func finished(_ state: LexState, _ characterClass: Int) -> LexState? {
    let next = language.next(state.automaton, characterClass)
    guard next != 0 else { return nil }
    var count = state.count
    if let maximum {
      guard Int(count) < maximum else { return nil }
      count += 1
    } else if Int(count) < minimum {
      count += 1
    }
    return LexState(automaton: next, count: count, part: .between)
  }

  func cost(_ state: LexState) -> Int {
    let end = isQuoted ? 1 : 0
    let part = state.part
    switch part.kind {
    case .closed: return 0
    case .before: return Cost.sum(costs.rest(state.automaton, Int(state.count)), 2)
    case .between: return Cost.sum(costs.rest(state.automaton, Int(state.count)), end)
    case .escape:
      var best = Self.shortEscapes.map { cost(after: state, $0.scalar...$0.scalar) }.min()
      if !isKey {
        best = min(best ?? Cost.never, cost(with(state, StringPart(.unit0, value: 0))) - end)
      }
      return Cost.sum(best ?? Cost.never, 1 + end)
    case .unit0, .unit1:
      if part.characterClass != nil || !part.hasRules { return costInside(state) }
      let digits = part.bytesLeft
      let low = part.kind == .unit0 ? UInt32(0) : 0xD000
      var best = cost(after: state, low...0xD7FF)
      if part.kind == .unit0 { best = min(best, cost(after: state, 0xE000...0xFFFF)) }
      let paired = Cost.sum(cost(after: state, 0x10000...ScalarSet.last), 6)
      return Cost.sum(min(best, paired), digits + end)
    default: return costInside(state)
    }
  }

  private func costInside(_ state: LexState) -> Int {
    let bytes = state.part.bytesLeft + (isQuoted ? 1 : 0)
    if let known = state.part.characterClass { return Cost.sum(cost(after: state, known), bytes) }
    return Cost.sum(cost(after: state, state.part.scalars), bytes)
  }

  private func cost(after state: LexState, _ characterClass: Int) -> Int {
    guard maximum.map({ Int(state.count) < $0 }) ?? true else { return Cost.never }
    let next = language.next(state.automaton, characterClass)
    return costs.rest(next, min(Int(state.count) + 1, maximum ?? minimum))
  }

  private func cost(after state: LexState, _ scalars: ClosedRange<UInt32>) -> Int {
    language.classes(scalars.lowerBound, scalars.upperBound).lazy
      .map { cost(after: state, Int($0)) }.min() ?? Cost.never
  }
}
