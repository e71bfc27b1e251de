package import SafeIO
internal import Synchronization

/// A constraint on text, ready to say at each step which tokens may come next.
///
/// Several texts may be written under one grammar at once, each with its own ``GrammarState``; they
/// share what it has found out, which is bounded.
public final class CompiledGrammar: Sendable {
  /// How many tokens suffice for a whole text; a smaller `max_tokens` must be refused.
  ///
  /// It is the fewest tokens that spell the text of the fewest bytes.
  public let minimalTokens: Int
  /// The tokens that it speaks of.
  public let vocabulary: TokenVocabulary
  let network: Network
  private let current: Mutex<ArenaBox>

  init(
    _ network: Network, vocabulary: TokenVocabulary, what: String
  ) throws(ConstraintError) {
    self.network = network
    self.vocabulary = vocabulary
    let box = ArenaBox(network, vocabulary.storage)
    let bound = box.arena.withLock { arena in arena.start().map { arena.bound($0) } }
    guard let bound, bound < Cost.never else { throw .unsatisfiable(what) }
    minimalTokens = bound
    current = Mutex(box)
  }

  /// Text that is JSON and satisfies `schema`.
  ///
  /// - Throws: `ConstraintError`, with the place in the schema and the keyword.
  package static func json(
    schema: JSON, vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    let network = try NetworkBuilder.network(of: schema, vocabulary, limits)
    return try CompiledGrammar(network, vocabulary: vocabulary, what: "the schema")
  }

  /// Text that is JSON and satisfies the schema that `schemaText` is.
  ///
  /// - Throws: `ConstraintError`, with the place in the schema and the keyword.
  public static func json(
    schemaText: String, vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    let schema: JSON
    do throws(JSONError) {
      schema = try JSON(
        parsing: Array(schemaText.utf8),
        limits: JSON.Limits(depth: 256, bytes: limits.bytes, values: 1 << 18))
    } catch {
      throw .notJSON(error.description)
    }
    return try json(schema: schema, vocabulary: vocabulary, limits: limits)
  }

  /// Text that is any JSON object.
  ///
  /// - Throws: `ConstraintError` if the vocabulary cannot write one.
  public static func jsonObject(
    vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    try json(schema: ["type": "object"], vocabulary: vocabulary, limits: limits)
  }

  /// Text that matches `pattern` from its first to its last character.
  ///
  /// - Throws: `ConstraintError`, with the place in the pattern.
  public static func regex(
    _ pattern: String, vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    guard pattern.utf8.count <= limits.bytes else {
      throw .tooLarge(what: "\(pattern.utf8.count) bytes of pattern", limit: limits.bytes)
    }
    let budget = WorkBudget(limits)
    let language = try ScalarDFA(pattern: pattern, searching: false, budget)
    let text = try StringLexeme(
      language, form: .raw, hasByte: vocabulary.storage.hasByte, budget)
    var network = Network(depthLimit: limits.depth)
    let end = try network.addState(budget)
    network.start = try network.addState(budget)
    network.setEnd(end)
    network.addEdge(network.start, network.addLexeme(.string(text)), end)
    try network.findCosts(budget)
    return try CompiledGrammar(network, vocabulary: vocabulary, what: "the regular expression")
  }

  /// Memory that it takes now, about, what it has found out included.
  package var memory: Int {
    network.memory + current.withLock { $0 }.arena.withLock { $0.memory }
  }

  /// Where a text begins.
  func begin() -> (ArenaBox, Int32) {
    let box = roomyArena()
    // The initializer found that there is a beginning.
    return (box, box.arena.withLock { $0.start() ?? 0 })
  }

  /// An arena with room for more states.
  func roomyArena() -> ArenaBox {
    current.withLock { box in
      if box.arena.withLock({ $0.isFull }) { box = ArenaBox(network, vocabulary.storage) }
      return box
    }
  }
}
