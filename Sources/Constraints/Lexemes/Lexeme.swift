/// A piece of text without nesting, as an automaton over bytes.
enum Lexeme: Sendable {
  case bytes(ByteDFA)
  case string(StringLexeme)
}

/// How far a lexeme has come.
struct LexState: Hashable, Sendable {
  /// The state of the automaton: of its bytes, or of the characters of a string.
  var automaton: Int32 = 0
  /// Characters of a string, as far as they need be counted.
  var count: Int32 = 0
  /// Where in a character of a string it stands.
  var part = StringPart.before
}

extension Lexeme {
  /// Memory that it takes, about.
  var memory: Int {
    switch self {
    case .bytes(let automaton): automaton.memory
    case .string(let lexeme): lexeme.language.memory + lexeme.costs.memory
    }
  }

  var start: LexState {
    switch self {
    case .bytes: LexState()
    case .string(let lexeme): lexeme.start
    }
  }

  func next(_ state: LexState, _ byte: UInt8) -> LexState? {
    switch self {
    case .bytes(let automaton):
      automaton.next(state.automaton, byte).map { LexState(automaton: $0) }
    case .string(let lexeme): lexeme.next(state, byte)
    }
  }

  func accepts(_ state: LexState) -> Bool {
    switch self {
    case .bytes(let automaton): automaton.accepts[Int(state.automaton)]
    case .string(let lexeme): lexeme.accepts(state)
    }
  }

  /// Whether any byte can follow.
  func hasNext(_ state: LexState) -> Bool {
    switch self {
    case .bytes(let automaton): automaton.hasNext(state.automaton)
    case .string: state.part.kind != .closed
    }
  }

  /// The fewest bytes to the end; from any state some byte makes it one less.
  func cost(_ state: LexState) -> Int {
    switch self {
    case .bytes(let automaton): automaton.costs[Int(state.automaton)]
    case .string(let lexeme): lexeme.cost(state)
    }
  }
}
