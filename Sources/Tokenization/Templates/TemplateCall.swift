/// Evaluated arguments, taken by position or name.
struct TemplateCall {
  var positional: [TemplateValue]
  var named: [(name: String, value: TemplateValue)]

  init(_ arguments: TemplateArguments, _ interpreter: TemplateInterpreter) throws {
    positional = try arguments.positional.map { try interpreter.evaluate($0) }
    named = try arguments.named.map { ($0.name, try interpreter.evaluate($0.value)) }
  }

  init(_ positional: [TemplateValue] = []) {
    self.positional = positional
    named = []
  }

  /// Refuses arguments that nobody would read.
  func allow(_ names: String...) throws {
    guard positional.count <= names.count else {
      throw TemplateFault("\(positional.count) arguments where at most \(names.count) are taken")
    }
    for (name, _) in named where !names.contains(name) {
      throw TemplateFault("unknown argument '\(name)'")
    }
  }

  /// The argument at `index`, or the one that is called `name`; `None` counts as missing.
  func value(_ index: Int, _ name: String) -> TemplateValue? {
    let value =
      index < positional.count ? positional[index] : named.first { $0.name == name }?.value
    if case .none? = value { return Optional.none }
    return value
  }

  func text(_ index: Int, _ name: String) throws -> TrackedText? {
    guard let value = value(index, name) else { return nil }
    guard let text = value.asText else { throw TemplateFault("'\(name)' must be a text") }
    return text
  }

  func integer(_ index: Int, _ name: String) throws -> Int? {
    guard let value = value(index, name) else { return nil }
    guard let integer = value.asInteger else { throw TemplateFault("'\(name)' must be an integer") }
    return integer
  }

  func required<T>(_ value: T?, _ name: String) throws -> T {
    guard let value else { throw TemplateFault("the argument '\(name)' is missing") }
    return value
  }
}
