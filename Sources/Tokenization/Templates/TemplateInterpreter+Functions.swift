extension TemplateInterpreter {
  func call(_ function: TemplateFunction, _ call: TemplateCall) throws -> TemplateValue {
    switch function {
    case .raiseException:
      try call.allow("message")
      let message = try printed(try call.required(call.positional.first, "message"))
      throw TemplateError.raised(message: message.string)
    case .strftimeNow:
      try call.allow("format")
      return .text(clock(try call.required(try call.text(0, "format"), "format").string))
    case .range: return try range(call)
    case .namespace:
      let namespace = TemplateNamespace()
      for value in call.positional {
        guard case .mapping(let mapping) = value else {
          throw TemplateFault("namespace takes a mapping and names")
        }
        for (key, value) in zip(mapping.keys, mapping.values) {
          namespace.values[key.string] = value
        }
      }
      _ = try TemplateValue.depth(over: call.named.map(\.value))
      for (name, value) in call.named { namespace.values[name] = value }
      return .namespace(namespace)
    case .dict:
      var mapping = TemplateMapping()
      for value in call.positional {
        guard case .mapping(let given) = value else { throw TemplateFault("dict takes a mapping") }
        mapping = given
      }
      for (name, value) in call.named { try mapping.set(TrackedText(name), value) }
      return .mapping(mapping)
    }
  }

  /// As in Jinja's sandbox, at most 100,000 numbers.
  private func range(_ call: TemplateCall) throws -> TemplateValue {
    try call.allow("start", "stop", "step")
    let numbers = try call.positional.map { value in
      guard let number = value.asInteger, abs(Double(number)) < 1e15 else {
        throw TemplateFault("range takes whole numbers")
      }
      return number
    }
    guard let first = numbers.first else { throw TemplateFault("range needs a number") }
    let start = numbers.count > 1 ? first : 0
    let stop = numbers.count > 1 ? numbers[1] : first
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw TemplateFault("the step of a range is 0") }
    guard abs(stop - start) / abs(step) <= 100_000 else {
      throw TemplateError.limit(.steps, 100_000)
    }
    return try made(stride(from: start, to: stop, by: step).map { .integer($0) })
  }

  /// Whether `value` passes a test.
  func check(
    _ test: TemplateTest, _ value: TemplateValue, _ parameters: [TemplateValue]
  ) throws -> Bool {
    func parameter() throws -> TemplateValue {
      guard let first = parameters.first else {
        throw TemplateFault("the test '\(test.rawValue)' needs a value")
      }
      return first
    }
    switch test {
    case .eq, .equalto: return try compare(.equal, value, parameter())
    case .ne: return try compare(.notEqual, value, parameter())
    case .lt, .lessthan: return try compare(.less, value, parameter())
    case .le: return try compare(.lessOrEqual, value, parameter())
    case .gt, .greaterthan: return try compare(.greater, value, parameter())
    case .ge: return try compare(.greaterOrEqual, value, parameter())
    case .in: return try compare(.isIn, value, parameter())
    case .sameas:
      let other = try parameter()
      return try value.typeName == other.typeName && compare(.equal, value, other)
    case .odd, .even, .divisibleby:
      let divisor = test == .divisibleby ? try parameter().asInteger : 2
      guard let number = value.asInteger, let divisor, divisor != 0 else {
        throw TemplateFault("the test '\(test.rawValue)' needs whole numbers")
      }
      let divides = number.isMultiple(of: divisor)
      return test == .odd ? !divides : divides
    default: return kind(test, value)
    }
  }

  private func kind(_ test: TemplateTest, _ value: TemplateValue) -> Bool {
    switch (test, value) {
    case (.defined, .undefined): false
    case (.defined, _): true
    case (.undefined, .undefined), (.none, .none), (.string, .text), (.mapping, .mapping): true
    case (.iterable, .text), (.iterable, .list), (.iterable, .mapping), (.iterable, .undefined):
      true
    case (.sequence, .text), (.sequence, .list), (.sequence, .mapping), (.sequence, .undefined):
      true
    case (.number, .integer), (.number, .number), (.number, .bool): true
    case (.integer, .integer), (.float, .number), (.boolean, .bool): true
    case (.true, .bool(let value)): value
    case (.false, .bool(let value)): !value
    case (.callable, .callable): true
    default: false
    }
  }
}
