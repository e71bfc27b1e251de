internal import SafeIO

/// A schema with all schemas inside it, each known by a number.
final class SchemaDocument {
  private struct Node {
    var pointer: String
    var json: JSON
  }

  /// Schemas that stand for themselves, by where they stand: references are followed inside them.
  private let resources: [(pointer: String, json: JSON)]
  private var nodes: [Node] = []
  private var numbers: [String: Int] = [:]
  private(set) var keywords: [SchemaKeywords] = []
  /// The schemas whose `oneOf` is known to be exclusive.
  var checked: Set<Int> = []
  let budget: WorkBudget

  /// Reads `root` and every schema that it holds or refers to.
  convenience init(_ root: JSON, _ budget: WorkBudget) throws(ConstraintError) {
    try self.init([(pointer: "", json: root)], budget)
  }

  /// Reads schemas that know nothing of each other, numbered in their order, and every schema that they hold or refer to.
  init(
    _ resources: [(pointer: String, json: JSON)], _ budget: WorkBudget
  ) throws(ConstraintError) {
    self.resources = resources
    self.budget = budget
    for (pointer, json) in resources { _ = try number(of: json, at: pointer) }
    // References lead to more, which stand behind in the list.
    while keywords.count < nodes.count {
      let node = nodes[keywords.count]
      var reader = KeywordReader(document: self, pointer: node.pointer)
      keywords.append(try reader.read(node.json))
    }
  }

  func pointer(of schema: Int) -> String { nodes[schema].pointer }

  /// The number of the schema at `pointer`.
  func number(of json: JSON, at pointer: String) throws(ConstraintError) -> Int {
    if let known = numbers[pointer] { return known }
    try budget.spend(100 + pointer.utf8.count)
    guard pointer.utf8.lazy.filter({ $0 == 0x2F }).count <= 4 * budget.limits.depth else {
      throw .tooLarge(what: "schemas nest deeper", limit: 4 * budget.limits.depth)
    }
    numbers[pointer] = nodes.count
    nodes.append(Node(pointer: pointer, json: json))
    return nodes.count - 1
  }

  /// The number of what a `$ref` at `pointer` names.
  func resolve(_ reference: String, at pointer: String) throws(ConstraintError) -> Int {
    guard reference.hasPrefix("#") else {
      throw .unsupported(
        pointer: pointer, keyword: "$ref",
        reason: "'\(reference.escapedForMessage())' is not in this schema")
    }
    let resource = resources.last {
      $0.pointer.isEmpty || $0.pointer == pointer || pointer.hasPrefix($0.pointer + "/")
    }
    guard var (path, json) = resource else {
      throw .unresolved(pointer: pointer, reference: reference)
    }
    let tail = reference.dropFirst()
    guard tail.isEmpty || tail.hasPrefix("/") else {
      throw .unsupported(
        pointer: pointer, keyword: "$ref",
        reason: "anchors; write a JSON pointer, such as #/$defs/x")
    }
    for part in tail.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      guard let key = Self.unescaped(part), let next = Self.member(key, of: json) else {
        throw .unresolved(pointer: pointer, reference: reference)
      }
      json = next
      path += "/" + Self.escaped(key)
    }
    return try number(of: json, at: path)
  }

  private static func member(_ key: String, of json: JSON) -> JSON? {
    if let elements = json.array {
      guard let place = Int(key), elements.indices.contains(place) else { return nil }
      return elements[place]
    }
    return json[key]
  }

  private static func unescaped(_ part: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(part.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x25:
        guard rest.count >= 2,
          let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        else { return nil }
        bytes.append(code)
        rest = rest.dropFirst(2)
      case 0x7E:
        guard let next = rest.popFirst(), next == 0x30 || next == 0x31 else { return nil }
        bytes.append(next == 0x30 ? 0x7E : 0x2F)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A key as a part of a JSON pointer.
  static func escaped(_ key: String) -> String {
    var result = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": result += "~0"
      case "/": result += "~1"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
