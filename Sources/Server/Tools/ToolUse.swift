import Constraints
import HTTPTypes
import SafeIO

/// The functions that an answer may call, and whether it must: `tools`, `tool_choice` and `parallel_tool_calls`.
struct ToolUse: Sendable {
  /// The tools as the template is told of them.
  let listed: JSON
  let format: CallFormat
  /// The functions that may be called.
  let functions: [String]
  /// What the answer must match: whatever is called, its arguments satisfy its schema.
  let syntax: CallSyntax

  private static let mostTools = 128

  private struct Function {
    let name: String
    let parameters: JSON
    let place: Int
  }

  private enum Choice: Equatable {
    case none, auto, required
    case named(String)
  }

  /// What is said of tools; nil where none may be called.
  ///
  /// - Throws: `APIError`, also where the model's template cannot write calls.
  static func read(_ fields: inout Fields, _ state: ServerState) throws(APIError) -> ToolUse? {
    let functions = try functions(&fields)
    let choice = try choice(&fields)
    let isParallel = try fields.bool("parallel_tool_calls") ?? true
    guard !functions.isEmpty else {
      guard [.none, .auto].contains(choice) else {
        throw .value("tool_choice", "needs 'tools'")
      }
      return nil
    }
    var callable = functions
    if case .named(let name) = choice {
      callable = functions.filter { $0.name == name }
      guard !callable.isEmpty else {
        throw .value("tool_choice.function.name", "is none of 'tools'")
      }
    }
    if choice == .none { return nil }
    guard let format = state.callFormat else {
      throw .unsupported(
        "tools",
        "is not supported by this model: its chat template does not write calls of functions")
    }
    return ToolUse(
      listed: fields.value("tools") ?? [], format, callable, isForced: choice != .auto,
      isParallel: isParallel && [.auto, .required].contains(choice))
  }

  private init(
    listed: JSON, _ format: CallFormat, _ callable: [Function], isForced: Bool, isParallel: Bool
  ) {
    (self.listed, self.format) = (listed, format)
    functions = callable.map(\.name)
    var text = CallSyntax.FreeText.none
    if !isForced {
      text =
        format.mark.isEmpty
        ? .notBeginning(functions.map(format.opening)) : .without([format.mark])
    }
    syntax = CallSyntax(
      functions: callable.map {
        CallSyntax.Function(
          opening: format.opening($0.name), closing: format.closing, arguments: $0.parameters,
          pointer: "/tools/\($0.place)/function/parameters")
      }, text: text, separator: isParallel ? format.separator : nil)
  }

  private static func functions(_ fields: inout Fields) throws(APIError) -> [Function] {
    var functions: [Function] = []
    for (place, json) in (try fields.array("tools", atMost: mostTools) ?? []).enumerated() {
      let path = "tools[\(place)]"
      var tool = try Fields(json, path: path)
      guard let type = try tool.string("type") else { throw .value("\(path).type", "is missing") }
      guard type == "function" else { throw .value("\(path).type", "must be function") }
      guard let holder = tool.value("function") else {
        throw .value("\(path).function", "is missing")
      }
      try tool.finish()
      let function = try function(holder, "\(path).function", place)
      guard !functions.contains(where: { $0.name == function.name }) else {
        throw .value("\(path).function.name", "is that of an earlier tool")
      }
      functions.append(function)
    }
    return functions
  }

  private static func function(_ json: JSON, _ path: String, _ place: Int) throws(APIError)
    -> Function
  {
    var fields = try Fields(json, path: path)
    guard let name = try fields.string("name") else { throw .value("\(path).name", "is missing") }
    guard name.isPlainName else {
      throw .value("\(path).name", "must be 1 to 64 letters, digits, '_', '-' or '.'")
    }
    _ = try fields.string("description")
    // Arguments satisfy their schema, strict or not.
    _ = try fields.bool("strict")
    let parameters = fields.value("parameters")
    try fields.finish()
    if let parameters, parameters.object == nil {
      throw .type("\(path).parameters", expected: "an object", found: parameters)
    }
    // A function without parameters takes none.
    let none: JSON = ["type": "object", "properties": [:], "additionalProperties": false]
    return Function(name: name, parameters: parameters ?? none, place: place)
  }

  private static func choice(_ fields: inout Fields) throws(APIError) -> Choice {
    guard let value = fields.value("tool_choice") else { return .auto }
    switch value.string {
    case "none": return .none
    case "auto": return .auto
    case "required": return .required
    case .some: throw .value("tool_choice", "must be none, auto, required or a function")
    case nil: break
    }
    var choice = try Fields(value, path: "tool_choice")
    guard try choice.string("type") == "function" else {
      throw .value("tool_choice.type", "must be function")
    }
    guard let holder = choice.value("function") else {
      throw .value("tool_choice.function", "is missing")
    }
    try choice.finish()
    var function = try Fields(holder, path: "tool_choice.function")
    guard let name = try function.string("name") else {
      throw .value("tool_choice.function.name", "is missing")
    }
    try function.finish()
    return .named(name)
  }
}

extension ToolCall {
  /// The call as the API tells it, under a new id.
  var json: JSONObject {
    var json = JSONObject()
    json["id"] = JSON("call_" + RequestIdentifier.random())
    json["type"] = "function"
    json["function"] = ["name": JSON(name), "arguments": JSON(arguments)]
    return json
  }
}
