import SafeIO

/// Runs one rendering.
///
/// It reaches nothing but the values that it is given, and every way in which a template could run
/// long or grow large is counted.
final class TemplateInterpreter {
  struct Limits {
    var steps = 1_000_000
    /// Bytes of any one text.
    var text = 1 << 20
    /// Bytes copied or searched in all.
    var work = 128 << 20
    /// Nested evaluations; an expression that the parser accepts needs at most 192 of them.
    var depth = 640
    var calls = 64
  }

  let limits = Limits()
  /// Variables, the innermost scope last.
  var scopes: [[String: TemplateValue]]
  var macros: [String: TemplateMacro] = [:]
  /// The text being written: the output, and above it what `set` blocks and macros capture.
  var outputs = [TrackedText()]
  var loopLevel = 0
  /// The text of a moment for `strftime_now`.
  let clock: (String) -> String
  private var steps = 0
  private var work = 0
  private var depth = 0
  private var calls = 0

  enum Flow { case onward, leaveLoop, nextTurn }

  init(variables: [String: TemplateValue], clock: @escaping (String) -> String) {
    scopes = [variables]
    self.clock = clock
  }

  func step() throws {
    steps += 1
    if steps > limits.steps { throw TemplateError.limit(.steps, limits.steps) }
  }

  /// Counts bytes that are about to be copied or searched.
  func spend(_ bytes: Int) throws {
    work += bytes
    if work > limits.work { throw TemplateError.limit(.work, limits.work) }
  }

  /// A text that was made, if it is not too long.
  func made(_ text: TrackedText) throws -> TemplateValue {
    if text.count > limits.text { throw TemplateError.limit(.output, limits.text) }
    try spend(text.count)
    return .text(text)
  }

  /// A list that was made, if that is not too much.
  func made(_ items: [TemplateValue], isTuple: Bool = false) throws -> TemplateValue {
    try spend(16 * items.count)
    return .list(try TemplateList(items, isTuple: isTuple))
  }

  func nested<R>(_ body: () throws -> R) throws -> R {
    guard depth < limits.depth else { throw TemplateError.limit(.depth, limits.depth) }
    depth += 1
    defer { depth -= 1 }
    return try body()
  }

  func write(_ text: TrackedText) throws {
    try spend(text.count)
    let last = outputs.count - 1
    guard outputs[last].count + text.count <= limits.text else {
      throw TemplateError.limit(.output, limits.text)
    }
    outputs[last].append(text)
  }

  /// Runs `body` and gives what it wrote.
  func capture(_ body: () throws -> Void) throws -> TrackedText {
    outputs.append(TrackedText())
    defer { outputs.removeLast() }
    try body()
    return outputs.last ?? TrackedText()
  }

  func lookUp(_ name: String) -> TemplateValue {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    if macros[name] != nil || TemplateFunction(rawValue: name) != nil { return .callable }
    return .undefined(name)
  }

  func assign(_ name: String, _ value: TemplateValue) {
    scopes[scopes.count - 1][name] = value
  }

  /// Calls a macro: it sees its parameters and the variables of the template's top.
  func call(_ name: String, _ arguments: TemplateArguments) throws -> TemplateValue {
    guard let macro = macros[name] else { throw TemplateFault("'\(name)' is not defined yet") }
    guard calls < limits.calls else { throw TemplateError.limit(.depth, limits.calls) }
    guard arguments.positional.count <= macro.parameters.count else {
      throw TemplateFault("'\(name)' takes at most \(macro.parameters.count) arguments")
    }
    var scope: [String: TemplateValue] = [:]
    for (parameter, value) in zip(macro.parameters, arguments.positional) {
      scope[parameter.name] = try evaluate(value)
    }
    for (argument, value) in arguments.named {
      guard macro.parameters.contains(where: { $0.name == argument }), scope[argument] == nil else {
        throw TemplateFault("'\(name)' cannot take the argument '\(argument)'")
      }
      scope[argument] = try evaluate(value)
    }
    let outer = scopes
    scopes = [outer[0], scope]
    calls += 1
    defer {
      scopes = outer
      calls -= 1
    }
    for parameter in macro.parameters where scope[parameter.name] == nil {
      let standard = try parameter.standard.map { try evaluate($0) }
      assign(parameter.name, standard ?? .undefined(parameter.name))
    }
    return try made(try capture { _ = try run(macro.body) })
  }
}
