internal import SafeIO

/// Makes the network of a schema.
struct NetworkBuilder {
  /// What a value can be: a lexeme, or an array or object, which is a rule.
  private enum Piece: Hashable {
    case lexeme(Int32)
    case rule(Int32)
  }

  private enum Spec: Hashable {
    case array(ArraySpec)
    case object(ObjectSpec)
  }

  let document: SchemaDocument
  let hasByte: [Bool]
  let budget: WorkBudget
  var network: Network
  private var pieces: [[Int]: [Piece]] = [:]
  private var rules: [Spec: Int32] = [:]
  private var queue: [(Spec, Int32)] = []
  private var literals: [[[UInt8]]: Int32] = [:]
  private var numbers: [NumberRange: Int32] = [:]

  init(_ document: SchemaDocument, _ vocabulary: TokenVocabulary) throws(ConstraintError) {
    hasByte = vocabulary.storage.hasByte
    guard hasByte[0x20...0x7E].allSatisfy(\.self) else {
      throw .unsatisfiable("JSON in a vocabulary without a token for each character of ASCII")
    }
    self.document = document
    budget = document.budget
    network = Network(depthLimit: document.budget.limits.depth)
  }

  static func network(
    of schema: JSON, _ vocabulary: TokenVocabulary, _ limits: ConstraintLimits
  ) throws(ConstraintError) -> Network {
    var builder = try NetworkBuilder(SchemaDocument(schema, WorkBudget(limits)), vocabulary)
    let start = try builder.addState()
    let end = try builder.addState()
    builder.network.start = start
    builder.network.setEnd(end)
    try builder.addValue([0], from: start, to: end)
    return try builder.finished()
  }

  /// The network, once the arrays and objects that it speaks of are in it.
  mutating func finished() throws(ConstraintError) -> Network {
    while let (spec, rule) = queue.popLast() {
      switch spec {
      case .array(let spec): try build(spec, rule)
      case .object(let spec): try build(spec, rule)
      }
    }
    try network.findCosts(budget)
    return network
  }

  mutating func addState() throws(ConstraintError) -> Int32 {
    try network.addState(budget)
  }

  mutating func literal(_ texts: String...) throws(ConstraintError) -> Int32 {
    try literal(texts.map { Array($0.utf8) })
  }

  private mutating func literal(_ texts: [[UInt8]]) throws(ConstraintError) -> Int32 {
    if let known = literals[texts] { return known }
    try budget.spend(20 * texts.reduce(0) { $0 + $1.count })
    let lexeme = network.addLexeme(.bytes(ByteDFA(anyOf: texts, hasByte: hasByte)))
    literals[texts] = lexeme
    return lexeme
  }

  /// Adds whatever satisfies all of `schemas`.
  mutating func addValue(
    _ schemas: [Int], from: Int32, to: Int32
  ) throws(ConstraintError) {
    for piece in try pieces(of: schemas) {
      try budget.spend(5)
      switch piece {
      case .lexeme(let lexeme): network.addEdge(from, lexeme, to)
      case .rule(let rule): network.addCall(from, rule: rule, to)
      }
    }
  }

  private mutating func pieces(of schemas: [Int]) throws(ConstraintError) -> [Piece] {
    if let known = pieces[schemas] { return known }
    var result: [Piece] = []
    var values: [[UInt8]] = []
    func add(_ piece: Piece) { if !result.contains(piece) { result.append(piece) } }
    let evaluator = SchemaEvaluator(document: document)
    for conjunct in try document.alternatives(schemas) {
      if let found = conjunct.values {
        for value in found where try evaluator.satisfies(value, schemas) {
          values.append(Array(value.serialized().utf8))
        }
        continue
      }
      if conjunct.types.contains(.null) { add(.lexeme(try literal("null"))) }
      if conjunct.types.contains(.boolean) { add(.lexeme(try literal("true", "false"))) }
      if !conjunct.types.isDisjoint(with: .number) { add(.lexeme(try number(conjunct))) }
      if conjunct.types.contains(.string) { add(.lexeme(try string(conjunct))) }
      if conjunct.types.contains(.array) { add(.rule(try rule(.array(ArraySpec(conjunct))))) }
      if conjunct.types.contains(.object) { add(.rule(try rule(.object(try object(conjunct))))) }
    }
    if !values.isEmpty { add(.lexeme(try literal(values))) }
    pieces[schemas] = result
    return result
  }

  private mutating func number(_ conjunct: Conjunct) throws(ConstraintError) -> Int32 {
    var range = conjunct.number
    if !conjunct.types.contains(.fractional) { range.isInteger = true }
    if let known = numbers[range] { return known }
    let lexeme = network.addLexeme(.bytes(try range.automaton(hasByte: hasByte, budget)))
    numbers[range] = lexeme
    return lexeme
  }

  private mutating func string(_ conjunct: Conjunct) throws(ConstraintError) -> Int32 {
    var language = conjunct.languages.first ?? .any
    for other in conjunct.languages.dropFirst() {
      language = try language.intersection(other, budget)
    }
    return network.addLexeme(
      .string(
        try StringLexeme(
          language, form: .value, minimum: conjunct.minimumLength,
          maximum: conjunct.maximumLength, hasByte: hasByte, budget)))
  }

  /// The rule of an array or object; its states are made later, so that schemas may hold themselves.
  private mutating func rule(_ spec: Spec) throws(ConstraintError) -> Int32 {
    if let known = rules[spec] { return known }
    let start = try addState()
    rules[spec] = start
    queue.append((spec, start))
    return start
  }
}

extension NetworkBuilder {
  private mutating func build(_ spec: ArraySpec, _ start: Int32) throws(ConstraintError) {
    let close = try literal("]")
    let comma = try literal(",", ", ")
    let end = try addState()
    network.setEnd(end)
    // Elements are counted only as far as the count matters.
    let counted = max(spec.prefix.count, spec.minimum, spec.maximum ?? 1)
    var before = try addState()
    network.addEdge(start, try literal("["), before)
    if spec.minimum == 0 { network.addEdge(before, close, end) }
    var place = 0
    while place < spec.maximum ?? .max {
      let after = try addState()
      try addValue(spec.schemas(at: place), from: before, to: after)
      place += 1
      if place >= spec.minimum { network.addEdge(after, close, end) }
      if place >= counted {
        guard spec.maximum == nil else { break }
        // From here on, the same again and again.
        let again = try addState()
        network.addEdge(after, comma, again)
        try addValue(spec.items, from: again, to: after)
        break
      }
      before = try addState()
      network.addEdge(after, comma, before)
    }
  }

  private func object(_ conjunct: Conjunct) throws(ConstraintError) -> ObjectSpec {
    var spec = ObjectSpec(
      minimum: conjunct.minimumProperties, maximum: conjunct.maximumProperties)
    let additional = Set(conjunct.properties.compactMap(\.additional)).sorted()
    spec.additional =
      additional.contains { !document.keywords[$0].isPossible } ? nil : additional
    var known: Set<[UInt8]> = []
    let required = Set(conjunct.required.map { Array(JSON($0).serialized().utf8) })
    for name in conjunct.properties.flatMap({ $0.named.map(\.name) }) + conjunct.required {
      let key = Array(JSON(name).serialized().utf8)
      guard known.insert(key).inserted else { continue }
      try budget.spend(conjunct.properties.reduce(1) { $0 + $1.named.count })
      spec.properties.append(
        ObjectSpec.Property(
          key: key, name: name, schemas: conjunct.schemas(ofProperty: name),
          isRequired: required.contains(key)))
    }
    return spec
  }

  /// Properties that may be left out are passed by; how many there are is counted only if it matters.
  private mutating func build(_ spec: ObjectSpec, _ start: Int32) throws(ConstraintError) {
    let needed = spec.properties.filter(\.isRequired).count
    let minimum = spec.minimum > needed ? spec.minimum : 0
    var maximum = spec.maximum
    if let most = maximum, spec.additional == nil, most >= spec.properties.count { maximum = nil }
    if let most = maximum {
      maximum = min(most, max(minimum, spec.properties.count + ArraySpec.mostItems))
    }
    var writer = ObjectWriter(spec: spec, minimum: minimum, maximum: maximum)
    let end = try addState()
    network.setEnd(end)
    let open = try state(&writer, .init(.first, 0, 0))
    network.addEdge(start, try literal("{"), open)
    let keys = try openKeys(spec, isForced: minimum > 0)
    while let step = writer.queue.popLast() {
      try build(step, &writer, end: end, keys)
    }
  }

  /// Keys that the schema does not name: those that may be there, and those that must.
  private mutating func openKeys(
    _ spec: ObjectSpec, isForced: Bool
  ) throws(ConstraintError) -> (free: Int32, forced: Int32)? {
    guard spec.additional != nil else { return nil }
    let language =
      spec.properties.isEmpty
      ? ScalarDFA.any : try ScalarDFA(excluding: spec.properties.map(\.name), budget)
    func key(spare: Int) throws(ConstraintError) -> Lexeme {
      .string(try StringLexeme(language, form: .key(spare: spare), hasByte: hasByte, budget))
    }
    let free = network.addLexeme(try key(spare: 0))
    return (free, isForced ? network.addLexeme(try key(spare: 2)) : free)
  }

  private mutating func state(
    _ writer: inout ObjectWriter, _ step: ObjectWriter.Step
  ) throws(ConstraintError) -> Int32 {
    if let known = writer.states[step] { return known }
    let state = try addState()
    writer.states[step] = state
    writer.queue.append(step)
    return state
  }

  private mutating func build(
    _ step: ObjectWriter.Step, _ writer: inout ObjectWriter, end: Int32,
    _ keys: (free: Int32, forced: Int32)?
  ) throws(ConstraintError) {
    let spec = writer.spec
    let here = try state(&writer, step)
    let hasRoom = step.count < writer.maximum ?? .max
    if step.kind == .after {
      let restIsOptional = writer.lastRequired < step.place
      if restIsOptional, step.count >= writer.minimum {
        network.addEdge(here, try literal("}"), end)
      }
      if hasRoom, step.place < spec.properties.count || keys != nil {
        let next = try state(&writer, .init(.key, step.place, step.count))
        network.addEdge(here, try literal(",", ", "), next)
      }
      return
    }
    guard step.place < spec.properties.count else {
      if step.kind == .first, step.count >= writer.minimum {
        network.addEdge(here, try literal("}"), end)
      }
      if hasRoom, let keys, let additional = spec.additional {
        let colon = try addState()
        let value = try addState()
        network.addEdge(here, step.count < writer.minimum ? keys.forced : keys.free, colon)
        network.addEdge(colon, try literal(":", ": "), value)
        let after = try state(&writer, writer.after(step, place: step.place))
        try addValue(additional, from: value, to: after)
      }
      return
    }
    let property = spec.properties[step.place]
    if !property.isRequired {
      network.addEmpty(here, try state(&writer, .init(step.kind, step.place + 1, step.count)))
    }
    guard hasRoom else { return }
    let value = try addState()
    let key = property.key + Array(":".utf8)
    network.addEdge(here, try literal([key, key + Array(" ".utf8)]), value)
    let after = try state(&writer, writer.after(step, place: step.place + 1))
    try addValue(property.schemas, from: value, to: after)
  }
}

/// How far an object has been written, and the states of the network for it.
private struct ObjectWriter {
  struct Step: Hashable {
    enum Kind {
      /// Before the first property, before one that follows a comma, and after one.
      case first, key, after
    }

    var kind: Kind
    /// The next property in the order of the schema.
    var place: Int
    var count: Int

    init(_ kind: Kind, _ place: Int, _ count: Int) {
      self.kind = kind
      self.place = place
      self.count = count
    }
  }

  let spec: ObjectSpec
  let minimum: Int
  let maximum: Int?
  let lastRequired: Int
  var states: [Step: Int32] = [:]
  var queue: [Step] = []

  init(spec: ObjectSpec, minimum: Int, maximum: Int?) {
    self.spec = spec
    self.minimum = minimum
    self.maximum = maximum
    lastRequired = spec.properties.lastIndex { $0.isRequired } ?? -1
  }

  /// After one property more.
  func after(_ step: Step, place: Int) -> Step {
    Step(.after, place, maximum == nil ? min(step.count + 1, minimum) : step.count + 1)
  }
}
