import SafeIO

/// An expression, with its place in the source for messages.
struct TemplateExpression: Sendable {
  let kind: Kind
  let place: TextPosition
  /// Levels of expressions below this one, itself included; bounded, so that recursion is.
  let depth: Int

  indirect enum Kind: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(TrackedText)
    case name(String)
    case attribute(TemplateExpression, String)
    case element(TemplateExpression, TemplateExpression)
    case slice(TemplateExpression, [TemplateExpression?])
    case list([TemplateExpression], isTuple: Bool)
    case mapping([(key: TemplateExpression, value: TemplateExpression)])
    case not(TemplateExpression)
    case negative(TemplateExpression)
    case positive(TemplateExpression)
    case arithmetic(Operator, TemplateExpression, TemplateExpression)
    case comparison(TemplateExpression, [(relation: Relation, other: TemplateExpression)])
    case and(TemplateExpression, TemplateExpression)
    case or(TemplateExpression, TemplateExpression)
    case conditional(
      TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
    case filter(TemplateFilter, TemplateExpression, TemplateArguments)
    case test(TemplateTest, TemplateExpression, [TemplateExpression], isNegated: Bool)
    case method(TemplateMethod, TemplateExpression, TemplateArguments)
    case function(TemplateFunction, TemplateArguments)
    case macro(String, TemplateArguments)
  }

  enum Operator: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floor = "//", modulo = "%"
    case power = "**", join = "~"
  }

  enum Relation: String, Sendable {
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">"
    case greaterOrEqual = ">=", isIn = "in", notIn = "not in"
  }
}

/// What is passed to a filter, a method, a function or a macro.
struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []

  var all: [TemplateExpression] { positional + named.map(\.value) }
}

/// A statement, or a piece of text between statements.
indirect enum TemplateStatement: Sendable {
  case text(TrackedText)
  case output(TemplateExpression)
  case conditional(
    [(condition: TemplateExpression, body: [TemplateStatement])], [TemplateStatement])
  case loop(TemplateLoop)
  case assign([String], TemplateExpression)
  case assignAttribute(namespace: String, attribute: String, TemplateExpression)
  case capture(
    String, [TemplateStatement], filters: [(TemplateFilter, TemplateArguments, TextPosition)])
  case macro(TemplateMacro)
  case block([TemplateStatement])
  case leaveLoop
  case nextTurn
}

/// A loop: `{% for … in … if … %}`.
struct TemplateLoop: Sendable {
  /// One name, or the names that each element is taken apart into.
  var targets: [String]
  var unpacks: Bool
  var iterable: TemplateExpression
  var filter: TemplateExpression?
  var body: [TemplateStatement]
  var otherwise: [TemplateStatement]
}

/// A macro: `{% macro name(parameters) %}`.
struct TemplateMacro: Sendable {
  var name: String
  var parameters: [(name: String, standard: TemplateExpression?)]
  var body: [TemplateStatement]
}
