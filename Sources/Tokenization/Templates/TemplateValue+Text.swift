import SafeIO

extension TemplateValue {
  /// The value of a JSON text, its strings marked with `origin`.
  init(_ json: JSON, _ origin: TextOrigin) throws {
    switch json.kind {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .largeInteger: self = .number(json.double ?? .infinity)
    case .string(let value): self = .text(TrackedText(value, origin))
    case .array(let items):
      self = .list(try TemplateList(items.map { try TemplateValue($0, origin) }))
    case .object(let object):
      var mapping = TemplateMapping()
      for (key, value) in zip(object.keys, object.values) {
        try mapping.set(TrackedText(key, origin), try TemplateValue(value, origin))
      }
      self = .mapping(mapping)
    }
  }

  /// What `str()` gives in Python, and so what is printed.
  var printed: TrackedText {
    switch self {
    case .text(let text): return text
    case .undefined: return TrackedText()
    default:
      var result = TrackedText()
      write(to: &result)
      return result
    }
  }

  /// Appends what `repr()` gives in Python.
  private func write(to result: inout TrackedText) {
    func plain(_ text: String) { result.append(text, .template) }
    switch self {
    case .undefined: plain("Undefined")
    case .none: plain("None")
    case .bool(let value): plain(value ? "True" : "False")
    case .integer(let value): plain("\(value)")
    case .number(let value): plain("\(value)")
    case .text(let text):
      let quote = text.bytes.contains(0x27) && !text.bytes.contains(0x22) ? "\"" : "'"
      plain(quote)
      result.append(
        text.mapScalars { scalar in
          switch scalar {
          case "\\": "\\\\"
          case "\n": "\\n"
          case "\r": "\\r"
          case "\t": "\\t"
          case "'" where quote == "'": "\\'"
          default: String(Character(scalar))
          }
        })
      plain(quote)
    case .list(let list):
      plain(list.isTuple ? "(" : "[")
      for (i, item) in list.items.enumerated() {
        if i > 0 { plain(", ") }
        item.write(to: &result)
      }
      plain(list.isTuple ? (list.items.count == 1 ? ",)" : ")") : "]")
    case .mapping(let mapping):
      plain("{")
      for (i, key) in mapping.keys.enumerated() {
        if i > 0 { plain(", ") }
        TemplateValue.text(key).write(to: &result)
        plain(": ")
        mapping.values[i].write(to: &result)
      }
      plain("}")
    case .namespace: plain("<Namespace>")
    case .loop: plain("<LoopContext>")
    case .callable: plain("<function>")
    }
  }

  /// How JSON is laid out; as Python's `json.dumps` with `ensure_ascii=False` unless told otherwise.
  struct JSONLayout {
    /// What one level is indented by; nil writes everything on one line.
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var escapesNonASCII = false
    var sortsKeys = false
  }

  /// Appends the value as JSON, texts with the origin that they have.
  func writeJSON(to result: inout TrackedText, _ layout: JSONLayout, level: Int = 0) throws {
    func plain(_ text: String) { result.append(text, .template) }
    func newline(_ level: Int) {
      if let indent = layout.indent { plain("\n" + String(repeating: indent, count: level)) }
    }
    switch self {
    case .none: plain("null")
    case .bool(let value): plain(value ? "true" : "false")
    case .integer(let value): plain("\(value)")
    case .number(let value): plain("\(value)")
    case .text(let text): Self.writeJSON(text, to: &result, layout)
    case .list(let list):
      if list.items.isEmpty { return plain("[]") }
      plain("[")
      for (i, item) in list.items.enumerated() {
        if i > 0 { plain(layout.itemSeparator) }
        newline(level + 1)
        try item.writeJSON(to: &result, layout, level: level + 1)
      }
      newline(level)
      plain("]")
    case .mapping(let mapping):
      if mapping.count == 0 { return plain("{}") }
      plain("{")
      var order = Array(mapping.keys.indices)
      if layout.sortsKeys {
        order.sort { mapping.keys[$0].bytes.lexicographicallyPrecedes(mapping.keys[$1].bytes) }
      }
      for (i, place) in order.enumerated() {
        if i > 0 { plain(layout.itemSeparator) }
        newline(level + 1)
        Self.writeJSON(mapping.keys[place], to: &result, layout)
        plain(layout.keySeparator)
        try mapping.values[place].writeJSON(to: &result, layout, level: level + 1)
      }
      newline(level)
      plain("}")
    case .undefined, .namespace, .loop, .callable:
      throw TemplateFault("\(typeName) cannot be written as JSON")
    }
  }

  private static func writeJSON(
    _ text: TrackedText, to result: inout TrackedText, _ layout: JSONLayout
  ) {
    func code(_ unit: UInt16) -> String {
      let hex = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
    }
    result.append("\"", .template)
    result.append(
      text.mapScalars { scalar in
        switch scalar.value {
        case 0x22: "\\\""
        case 0x5C: "\\\\"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x09: "\\t"
        case 0x08: "\\b"
        case 0x0C: "\\f"
        case 0..<0x20: code(UInt16(scalar.value))
        case 0x7F... where layout.escapesNonASCII && scalar.value > 0x7F:
          String(Character(scalar)).utf16.map(code).joined()
        default: String(Character(scalar))
        }
      })
    result.append("\"", .template)
  }
}
