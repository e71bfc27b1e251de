/// How much a constraint may need; beyond it, it is refused.
public struct ConstraintLimits: Sendable {
  /// Levels of nesting, of schemas, of groups in expressions, and of the text that is written.
  public var depth = 48
  /// States of the structure, and of each regular expression once it is deterministic.
  public var states = 50_000
  /// Alternatives of one value, after `anyOf` inside `allOf` is multiplied out.
  public var alternatives = 2048
  /// Elementary steps of compiling; it bounds the time, about a second.
  public var work = 20_000_000
  /// Bytes of schema or expression.
  public var bytes = 1 << 20

  /// The limits that a server can give to strangers.
  public init() {}
}

/// What is left of the steps that compiling may take.
final class WorkBudget {
  let limits: ConstraintLimits
  private var left: Int

  init(_ limits: ConstraintLimits) {
    self.limits = limits
    left = limits.work
  }

  /// Takes `steps` from what is left.
  func spend(_ steps: Int) throws(ConstraintError) {
    left -= min(steps, limits.work + 1)
    if left < 0 { throw .tooLarge(what: "it takes too many steps to compile", limit: limits.work) }
  }
}
