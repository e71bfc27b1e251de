extension TemplateInterpreter {
  func apply(
    _ filter: TemplateFilter, _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws -> TemplateValue {
    try apply(filter, value, try TemplateCall(arguments, self))
  }

  private func apply(
    _ filter: TemplateFilter, _ value: TemplateValue, _ call: TemplateCall
  ) throws -> TemplateValue {
    switch filter {
    case .default, .d:
      try call.allow("default_value", "boolean")
      let replacement =
        call.positional.first ?? call.named.first { $0.name == "default_value" }?.value
      let missing: Bool = if case .undefined = value { true } else { false }
      let wantsTruth = call.value(1, "boolean")?.isTrue ?? false
      return missing || (wantsTruth && !value.isTrue) ? replacement ?? .text("") : value
    case .tojson: return try json(value, call)
    case .trim:
      try call.allow("chars")
      return try made(try strip(text(value), call.text(0, "chars"), left: true, right: true))
    case .length, .count:
      try call.allow()
      return .integer(try length(of: value))
    case .upper, .lower, .capitalize, .title, .string, .safe:
      try call.allow()
      return try cased(filter, try text(value))
    case .replace:
      try call.allow("old", "new", "count")
      return try made(try replace(in: text(value), call))
    case .indent: return try indent(try text(value), call)
    case .int, .float, .abs: return try number(filter, value, call)
    default: return try applyToSequence(filter, value, call)
    }
  }

  /// The value as the text that is printed.
  private func text(_ value: TemplateValue) throws -> TrackedText { try printed(value) }

  private func cased(_ filter: TemplateFilter, _ text: TrackedText) throws -> TemplateValue {
    try spend(8 * text.count)
    switch filter {
    case .upper: return try made(text.mapScalars(\.properties.uppercaseMapping))
    case .lower: return try made(text.mapScalars(\.properties.lowercaseMapping))
    case .capitalize: return try made(text.capitalized)
    case .title: return try made(text.titled { " \t\n\r-({[<".unicodeScalars.contains($0) })
    default: return .text(text)
    }
  }

  private func length(of value: TemplateValue) throws -> Int {
    switch value {
    case .undefined: return 0
    case .text(let text):
      try spend(text.count)
      return text.scalarCount
    case .list(let list): return list.items.count
    case .mapping(let mapping): return mapping.count
    default: throw TemplateFault("\(value.typeName) has no length")
    }
  }

  private func json(_ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue {
    try call.allow("ensure_ascii", "indent", "separators", "sort_keys")
    var layout = TemplateValue.JSONLayout()
    layout.escapesNonASCII = call.value(0, "ensure_ascii")?.isTrue ?? false
    layout.sortsKeys = call.value(3, "sort_keys")?.isTrue ?? false
    if let indent = call.value(1, "indent") {
      guard let width = indent.asInteger, width <= 16 else {
        throw TemplateFault("'indent' must be an integer of at most 16")
      }
      layout.indent = String(repeating: " ", count: max(width, 0))
      layout.itemSeparator = ","
    }
    if let separators = call.value(2, "separators") {
      let pair = try elements(of: separators).compactMap(\.asText)
      guard pair.count == 2 else { throw TemplateFault("'separators' must be two texts") }
      layout.itemSeparator = pair[0].string
      layout.keySeparator = pair[1].string
    }
    return try made(
      try rendered(value) {
        var result = TrackedText()
        try value.writeJSON(to: &result, layout)
        return result
      })
  }

  private func indent(_ text: TrackedText, _ call: TemplateCall) throws -> TemplateValue {
    try call.allow("width", "first", "blank")
    let width: TrackedText
    if let given = call.value(0, "width"), let chosen = given.asText {
      width = chosen
    } else {
      let count = try call.integer(0, "width") ?? 4
      guard count <= 1024 else { throw TemplateFault("'width' must be at most 1024") }
      width = TrackedText(String(repeating: " ", count: max(count, 0)))
    }
    let blank = call.value(2, "blank")?.isTrue ?? false
    try spend(text.count * (1 + width.count / 8))
    var result = TrackedText()
    if call.value(1, "first")?.isTrue ?? false { result.append(width) }
    for (i, line) in try split(text, by: TrackedText("\n"), limit: nil).enumerated() {
      if i > 0 { result.append("\n", .template) }
      if i > 0, blank || !line.isEmpty { result.append(width) }
      result.append(line)
      if result.count > limits.text { break }
    }
    return try made(result)
  }

  private func number(
    _ filter: TemplateFilter, _ value: TemplateValue, _ call: TemplateCall
  ) throws -> TemplateValue {
    if filter == .abs {
      if let integer = value.asInteger, integer != .min { return .integer(abs(integer)) }
      guard case .number(let number) = value else { throw TemplateFault("not a number") }
      return .number(abs(number))
    }
    try call.allow("default")
    var parsed = value.asDouble
    if let text = value.asText?.string {
      let trimmed = text.filter { !$0.isWhitespace }
      if filter == .int, let integer = Int(trimmed) { return .integer(integer) }
      parsed = Double(trimmed)
    }
    if filter == .float {
      return parsed.map { .number($0) } ?? call.value(0, "default") ?? .number(0)
    }
    if let integer = value.asInteger { return .integer(integer) }
    guard let parsed, abs(parsed) < 9e18 else { return call.value(0, "default") ?? .integer(0) }
    return .integer(Int(parsed))
  }
}

extension TemplateInterpreter {
  private func applyToSequence(
    _ filter: TemplateFilter, _ value: TemplateValue, _ call: TemplateCall
  ) throws -> TemplateValue {
    switch filter {
    case .items:
      try call.allow()
      guard case .undefined = value else { return try self.call(.items, on: value, call) }
      return try made([])
    case .reverse:
      try call.allow()
      if case .text(let text) = value {
        var result = TrackedText()
        for item in try elements(of: .text(text)).reversed() {
          if let character = item.asText { result.append(character) }
        }
        return try made(result)
      }
      return try made(try elements(of: value).reversed())
    case .join: return try join(value, call)
    case .map: return try map(value, call)
    case .select, .reject, .selectattr, .rejectattr: return try select(filter, value, call)
    default: break
    }
    try call.allow()
    let items = try elements(of: value)
    switch filter {
    case .first: return items.first ?? .undefined("first")
    case .last: return items.last ?? .undefined("last")
    case .list: return try made(items)
    case .unique:
      var kept: [TemplateValue] = []
      for item in items where try !contains(.list(TemplateList(kept)), item) { kept.append(item) }
      return try made(kept)
    case .sort:
      try spend(items.count * items.count.bitWidth)
      return try made(
        try items.enumerated().sorted {
          if try compare(.less, $0.element, $1.element) { return true }
          return try !compare(.less, $1.element, $0.element) && $0.offset < $1.offset
        }.map(\.element))
    default: return .none
    }
  }

  private func join(_ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue {
    try call.allow("d", "attribute")
    let separator = try call.text(0, "d") ?? TrackedText()
    let attribute = try call.text(1, "attribute")?.string
    var result = TrackedText()
    for (i, item) in try elements(of: value).enumerated() {
      try step()
      if i > 0 { result.append(separator) }
      let part = try text(attribute.map { try path($0, of: item) } ?? item)
      try spend(part.count + separator.count)
      result.append(part)
      if result.count > limits.text { break }
    }
    return try made(result)
  }

  private func map(_ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue {
    // Like Jinja, nothing at all comes of what is not true, `None` included.
    let items = value.isTrue ? try elements(of: value) : []
    if call.positional.isEmpty {
      try call.allow("attribute", "default")
      let named = call.named.first { $0.name == "attribute" }?.value
      guard let attribute = named?.asText?.string else {
        throw TemplateFault("map needs the name of a filter or an attribute")
      }
      let standard = call.named.first { $0.name == "default" }?.value
      return try made(
        try items.map {
          try step()
          let result = try path(attribute, of: $0)
          if case .undefined = result, let standard { return standard }
          return result
        })
    }
    guard let name = call.positional[0].asText?.string, let filter = TemplateFilter(rawValue: name)
    else { throw TemplateFault("unknown filter in map") }
    var rest = call
    rest.positional.removeFirst()
    return try made(
      try items.map { item in
        try step()
        return try nested { try apply(filter, item, rest) }
      })
  }

  private func select(
    _ filter: TemplateFilter, _ value: TemplateValue, _ call: TemplateCall
  ) throws -> TemplateValue {
    let byAttribute = filter == .selectattr || filter == .rejectattr
    var rest = call.positional
    guard call.named.isEmpty else { throw TemplateFault("unknown argument of \(filter.rawValue)") }
    var attribute: String?
    if byAttribute {
      guard let name = rest.first?.asText?.string else {
        throw TemplateFault("\(filter.rawValue) needs the name of an attribute")
      }
      attribute = name
      rest.removeFirst()
    }
    var test: TemplateTest?
    if let name = rest.first?.asText?.string {
      guard let known = TemplateParser.test(named: name) else {
        throw TemplateFault("unknown test '\(name)'")
      }
      test = known
      rest.removeFirst()
    }
    let keeps = filter == .select || filter == .selectattr
    return try made(
      try (value.isTrue ? elements(of: value) : []).filter { item in
        try step()
        let subject = try attribute.map { try path($0, of: item) } ?? item
        return try (test.map { try check($0, subject, rest) } ?? subject.isTrue) == keeps
      })
  }

  /// A member by a path with dots, whose whole numbers are indices.
  private func path(_ path: String, of value: TemplateValue) throws -> TemplateValue {
    var value = value
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      if case .undefined = value { return value }
      value = try element(Int(part).map { .integer($0) } ?? .text(String(part)), of: value)
    }
    return value
  }
}
