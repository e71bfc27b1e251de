/// What an expression comes to.
enum TemplateValue {
  /// A name or a member that is not there; the name is for messages.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(TrackedText)
  case list(TemplateList)
  case mapping(TemplateMapping)
  case namespace(TemplateNamespace)
  case loop(TemplateLoopState)
  /// A macro or a function that is named without being called.
  case callable
}

/// A list or a tuple.
///
/// Values cannot be changed, which is all that the sandbox of transformers allows.
struct TemplateList {
  let items: [TemplateValue]
  let isTuple: Bool
  /// Levels of lists and mappings, itself included; bounded, so that recursion over values is.
  let depth: Int

  init(_ items: [TemplateValue], isTuple: Bool = false) throws {
    self.items = items
    self.isTuple = isTuple
    depth = try TemplateValue.depth(over: items)
  }
}

/// A dictionary with text for keys, in the order in which they were set.
struct TemplateMapping {
  private(set) var keys: [TrackedText] = []
  private(set) var values: [TemplateValue] = []
  private(set) var depth = 1
  private var places: [[UInt8]: Int] = [:]

  init() {}

  var count: Int { keys.count }

  subscript(_ key: TrackedText) -> TemplateValue? { places[key.bytes].map { values[$0] } }

  subscript(_ key: String) -> TemplateValue? { places[Array(key.utf8)].map { values[$0] } }

  mutating func set(_ key: TrackedText, _ value: TemplateValue) throws {
    depth = max(depth, try TemplateValue.depth(over: [value]))
    if let place = places[key.bytes] {
      values[place] = value
    } else {
      places[key.bytes] = keys.count
      keys.append(key)
      values.append(value)
    }
  }
}

/// The one kind of value that can be changed, and only by `{% set ns.name = … %}`.
final class TemplateNamespace {
  var values: [String: TemplateValue] = [:]
}

/// What `loop` knows in one turn.
struct TemplateLoopState {
  var index: Int
  var count: Int
  var level: Int
  var items: [TemplateValue]
}

extension TemplateValue {
  static let deepest = 64

  /// The depth of a container of `items`.
  ///
  /// Namespaces may not be put into one: they could hold themselves.
  static func depth(over items: [TemplateValue]) throws -> Int {
    var depth = 1
    for item in items {
      switch item {
      case .list(let list): depth = max(depth, list.depth + 1)
      case .mapping(let mapping): depth = max(depth, mapping.depth + 1)
      case .loop, .namespace: throw TemplateFault("a namespace cannot be held by a value")
      default: break
      }
    }
    guard depth <= deepest else { throw TemplateError.limit(.depth, deepest) }
    return depth
  }

  static func text(_ text: String) -> TemplateValue { .text(TrackedText(text)) }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list): !list.items.isEmpty
    case .mapping(let mapping): mapping.count > 0
    case .namespace, .loop, .callable: true
    }
  }

  /// What Python calls this kind of value.
  var typeName: String {
    switch self {
    case .undefined(let name): "undefined '\(name)'"
    case .none: "None"
    case .bool: "bool"
    case .integer: "int"
    case .number: "float"
    case .text: "str"
    case .list(let list): list.isTuple ? "tuple" : "list"
    case .mapping: "dict"
    case .namespace: "namespace"
    case .loop: "loop"
    case .callable: "function"
    }
  }

  var asText: TrackedText? { if case .text(let text) = self { text } else { nil } }

  /// The value as a number; Python counts `True` as 1.
  var asDouble: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  var asInteger: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  static func equal(_ a: TemplateValue, _ b: TemplateValue) -> Bool {
    switch (a, b) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let a), .text(let b)): return a == b
    case (.list(let a), .list(let b)):
      return a.isTuple == b.isTuple && a.items.count == b.items.count
        && zip(a.items, b.items).allSatisfy { equal($0, $1) }
    case (.mapping(let a), .mapping(let b)):
      return a.count == b.count
        && zip(a.keys, a.values).allSatisfy { key, value in b[key].map { equal($0, value) } ?? false
        }
    case (.namespace(let a), .namespace(let b)): return a === b
    default:
      if let a = a.asInteger, let b = b.asInteger { return a == b }
      if let a = a.asDouble, let b = b.asDouble { return a == b }
      return false
    }
  }
}

/// A failed evaluation whose place is not known yet.
struct TemplateFault: Error {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}
