extension TemplateInterpreter {
  func call(
    _ method: TemplateMethod, on receiver: TemplateValue, _ call: TemplateCall
  ) throws -> TemplateValue {
    switch receiver {
    case .text(let text): return try self.call(method, on: text, call)
    case .mapping(let mapping): return try self.call(method, on: mapping, call)
    case .loop(let loop) where method == .cycle:
      guard !call.positional.isEmpty else { throw TemplateFault("cycle needs values") }
      return call.positional[loop.index % call.positional.count]
    case .list(let list) where method == .count || method == .index:
      let wanted = try call.required(call.positional.first, "value")
      let places = try list.items.indices.filter { try compare(.equal, list.items[$0], wanted) }
      if method == .count { return .integer(places.count) }
      guard let place = places.first else { throw TemplateFault("the value is not in the list") }
      return .integer(place)
    default: throw TemplateFault("\(receiver.typeName) has no method '\(method.rawValue)'")
    }
  }

  private func call(
    _ method: TemplateMethod, on mapping: TemplateMapping, _ call: TemplateCall
  ) throws -> TemplateValue {
    switch method {
    case .items:
      try call.allow()
      try spend(64 * mapping.count)
      return try made(
        try zip(mapping.keys, mapping.values).map { key, value in
          .list(try TemplateList([.text(key), value], isTuple: true))
        })
    case .keys: return try made(mapping.keys.map { .text($0) })
    case .values: return try made(mapping.values)
    case .get:
      try call.allow("key", "default")
      let key = try call.required(call.positional.first, "key")
      return key.asText.flatMap { mapping[$0] } ?? call.value(1, "default") ?? .none
    default: throw TemplateFault("dict has no method '\(method.rawValue)'")
    }
  }

  private func call(
    _ method: TemplateMethod, on text: TrackedText, _ call: TemplateCall
  ) throws -> TemplateValue {
    try spend(text.count)
    switch method {
    case .strip, .lstrip, .rstrip:
      try call.allow("chars")
      return try made(
        try strip(
          text, try call.text(0, "chars"), left: method != .rstrip, right: method != .lstrip))
    case .split, .rsplit:
      try call.allow("sep", "maxsplit")
      let limit = try call.integer(1, "maxsplit").flatMap { $0 < 0 ? nil : $0 }
      let separator = try call.text(0, "sep")
      if method == .rsplit, limit != nil { throw TemplateFault("rsplit with a limit") }
      return try made(try split(text, by: separator, limit: limit).map { .text($0) })
    case .splitlines:
      try call.allow()
      var lines = try split(text, by: TrackedText("\n"), limit: nil)
      if lines.last?.isEmpty ?? false { lines.removeLast() }
      return try made(lines.map { .text($0) })
    case .startswith, .endswith:
      try call.allow("prefix")
      let value = try call.required(call.positional.first, "prefix")
      let options = try value.asText.map { [TemplateValue.text($0)] } ?? elements(of: value)
      return .bool(
        options.compactMap(\.asText).contains {
          method == .startswith ? text.hasPrefix($0) : text.hasSuffix($0)
        })
    case .removeprefix, .removesuffix:
      let affix = try call.required(try call.text(0, "affix"), "affix")
      if method == .removeprefix, text.hasPrefix(affix) {
        return try made(text.slice(affix.count..<text.count))
      }
      if method == .removesuffix, text.hasSuffix(affix) {
        return try made(text.slice(0..<text.count - affix.count))
      }
      return .text(text)
    case .replace:
      try call.allow("old", "new", "count")
      return try made(try replace(in: text, call))
    default: return try callOther(method, on: text, call)
    }
  }

  private func callOther(
    _ method: TemplateMethod, on text: TrackedText, _ call: TemplateCall
  ) throws -> TemplateValue {
    try spend(8 * text.count)
    switch method {
    case .upper: return try made(text.mapScalars(\.properties.uppercaseMapping))
    case .lower: return try made(text.mapScalars(\.properties.lowercaseMapping))
    case .capitalize: return try made(text.capitalized)
    case .title: return try made(text.titled { !$0.properties.isAlphabetic })
    case .join:
      var result = TrackedText()
      for (i, item) in try elements(of: call.required(call.positional.first, "values")).enumerated()
      {
        guard let part = item.asText else { throw TemplateFault("join takes texts") }
        try spend(part.count + text.count)
        if i > 0 { result.append(text) }
        result.append(part)
        if result.count > limits.text { break }
      }
      return try made(result)
    case .count, .find, .index:
      let needle = try call.required(try call.text(0, "text"), "text")
      try spend(searchCost(text, needle))
      if method == .count {
        let parts =
          needle.isEmpty ? text.scalarCount + 2 : try split(text, by: needle, limit: nil).count
        return .integer(parts - 1)
      }
      guard let range = text.firstRange(of: needle) else {
        guard method == .find else { throw TemplateFault("the text is not found") }
        return .integer(-1)
      }
      return .integer(text.slice(0..<range.lowerBound).scalarCount)
    case .isdigit:
      let digits = text.string.unicodeScalars.allSatisfy { $0.properties.numericType != nil }
      return .bool(digits && !text.isEmpty)
    default: throw TemplateFault("str has no method '\(method.rawValue)'")
    }
  }
}

extension TemplateInterpreter {
  /// `text` without the characters of `chars`, or white space, at its ends.
  func strip(
    _ text: TrackedText, _ chars: TrackedText?, left: Bool, right: Bool
  ) throws -> TrackedText {
    try spend(text.count)
    let set = chars.map { Set($0.string.unicodeScalars) }
    let string = text.string
    let scalars = string.unicodeScalars
    func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
    var start = 0
    var end = text.count
    if left { for scalar in scalars.prefix(while: goes) { start += UTF8.width(scalar) } }
    if right, start < end {
      for scalar in scalars.reversed() {
        guard goes(scalar) else { break }
        end -= UTF8.width(scalar)
      }
    }
    return text.slice(start..<end)
  }

  /// The parts between separators, or between runs of white space where there is none.
  func split(_ text: TrackedText, by separator: TrackedText?, limit: Int?) throws -> [TrackedText] {
    var parts: [TrackedText] = []
    guard let separator else {
      var start: Int?
      text.forEachScalar { scalar, range in
        if let limit, parts.count >= limit, start != nil { return }
        if !scalar.isPythonSpace {
          start = start ?? range.lowerBound
        } else if let begun = start {
          parts.append(text.slice(begun..<range.lowerBound))
          start = nil
        }
      }
      if let start {
        let rest = text.slice(start..<text.count)
        parts.append(
          limit.map { parts.count >= $0 } ?? false
            ? try strip(rest, nil, left: false, right: true) : rest)
      }
      return parts
    }
    guard !separator.isEmpty else { throw TemplateFault("empty separator") }
    try spend(searchCost(text, separator))
    var start = 0
    while parts.count < limit ?? .max, let range = text.firstRange(of: separator, from: start) {
      parts.append(text.slice(start..<range.lowerBound))
      try spend(64)
      start = range.upperBound
    }
    parts.append(text.slice(start..<text.count))
    return parts
  }

  func replace(in text: TrackedText, _ call: TemplateCall) throws -> TrackedText {
    let old = try call.required(try call.text(0, "old"), "old")
    let new = try call.required(try call.text(1, "new"), "new")
    let limit = try call.integer(2, "count").flatMap { $0 < 0 ? nil : $0 }
    guard !old.isEmpty else { throw TemplateFault("replacing the empty text") }
    var result = TrackedText()
    for (i, part) in try split(text, by: old, limit: limit).enumerated() {
      if i > 0 { result.append(new) }
      result.append(part)
      if result.count > limits.text { throw TemplateError.limit(.output, limits.text) }
    }
    return result
  }
}

extension TrackedText {
  /// The first character in upper, the others in lower case.
  var capitalized: TrackedText {
    var isFirst = true
    return mapScalars { scalar in
      defer { isFirst = false }
      return isFirst ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
    }
  }

  /// Every character that follows one of `breaks` in upper, the others in lower case.
  func titled(after breaks: (Unicode.Scalar) -> Bool) -> TrackedText {
    var begins = true
    return mapScalars { scalar in
      defer { begins = breaks(scalar) }
      return begins ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
    }
  }
}
