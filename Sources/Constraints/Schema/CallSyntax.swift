package import SafeIO

/// How calls of functions are written, and what may stand beside them.
///
/// Arguments always satisfy the schema of their function. Where text may stand before the calls, it is any text that has
/// none of the marks with which a call begins: what looks like a call is one.
package struct CallSyntax: Sendable {
  /// A function that may be called.
  package struct Function: Sendable {
    /// All that stands before the arguments, the function's name in it.
    package var opening: String
    /// What stands after them.
    package var closing: String
    /// The schema of the arguments, an object.
    package var arguments: JSON
    /// Where the schema stands, as a JSON pointer, for messages.
    package var pointer: String

    /// A function that may be called.
    package init(opening: String, closing: String, arguments: JSON, pointer: String) {
      (self.opening, self.closing) = (opening, closing)
      (self.arguments, self.pointer) = (arguments, pointer)
    }
  }

  /// Text beside the calls.
  package enum FreeText: Sendable, Equatable {
    /// None: there must be a call.
    case none
    /// Any text without these marks, then calls or none.
    case without([String])
    /// Any text that does not begin with one of these marks, or a call.
    case notBeginning([String])
  }

  /// The functions that may be called.
  package var functions: [Function]
  /// Text beside the calls.
  package var text: FreeText
  /// What stands between two calls; nil if there may be one only.
  package var separator: String?

  /// Calls of `functions`.
  package init(functions: [Function], text: FreeText, separator: String?) {
    (self.functions, self.text, self.separator) = (functions, text, separator)
  }
}

extension NetworkBuilder {
  /// The network of texts with calls.
  static func network(
    of syntax: CallSyntax, _ vocabulary: TokenVocabulary, _ limits: ConstraintLimits
  ) throws(ConstraintError) -> Network {
    // Whatever a schema says: arguments are an object.
    let object = (pointer: "", json: ["type": "object"] as JSON)
    let document = try SchemaDocument(
      [object] + syntax.functions.map { (pointer: $0.pointer, json: $0.arguments) },
      WorkBudget(limits))
    var builder = try NetworkBuilder(document, vocabulary)
    try builder.add(syntax)
    return try builder.finished()
  }

  private mutating func add(_ syntax: CallSyntax) throws(ConstraintError) {
    let start = try addState()
    network.start = start
    if let language = try Self.language(of: syntax.text, budget) {
      let text = try StringLexeme(language, form: .raw, hasByte: hasByte, budget)
      let after = try addState()
      network.addEdge(start, network.addLexeme(.string(text)), after)
      network.setEnd(after)
      if case .without = syntax.text { return try addCalls(syntax, from: after) }
    }
    try addCalls(syntax, from: start)
  }

  private mutating func addCalls(
    _ syntax: CallSyntax, from: Int32
  ) throws(ConstraintError) {
    let end = try addState()
    network.setEnd(end)
    var starts = [from]
    if let separator = syntax.separator {
      let again = try addState()
      network.addEdge(end, try literal(separator), again)
      starts.append(again)
    }
    for (place, function) in syntax.functions.enumerated() {
      let arguments = try addState()
      let close = try addState()
      let opening = try literal(function.opening)
      for start in starts { network.addEdge(start, opening, arguments) }
      try addValue([0, place + 1], from: arguments, to: close)
      network.addEdge(close, try literal(function.closing), end)
    }
  }

  /// The language of the free text; nil where there is none.
  private static func language(
    of text: CallSyntax.FreeText, _ budget: WorkBudget
  ) throws(ConstraintError) -> ScalarDFA? {
    func expression(_ marks: [String]) -> String {
      marks.map { mark in
        mark.unicodeScalars.map { "\\u{" + String($0.value, radix: 16) + "}" }.joined()
      }.joined(separator: "|")
    }
    switch text {
    case .none: return nil
    case .without(let marks):
      return try ScalarDFA(pattern: expression(marks), searching: true, budget).complement
    case .notBeginning(let marks):
      return try ScalarDFA(
        pattern: "^(?:" + expression(marks) + ")", searching: true, budget
      ).complement
    }
  }
}

extension CompiledGrammar {
  /// Text with calls of functions, or that is one.
  ///
  /// - Throws: `ConstraintError`, with the place in the schema and the keyword.
  package static func calls(
    _ syntax: CallSyntax, vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    let network = try NetworkBuilder.network(of: syntax, vocabulary, limits)
    return try CompiledGrammar(network, vocabulary: vocabulary, what: "the schema of the arguments")
  }
}
