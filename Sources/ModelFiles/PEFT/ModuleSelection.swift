/// Which modules an adapter names, as PEFT's `target_modules` and `exclude_modules` do.
package enum ModuleSelection: Sendable, Equatable {
  /// Every linear layer but the output.
  case allLinear
  /// Paths of modules, or the last parts of them; nothing in them is a pattern.
  case names([String])
  /// An expression that a whole path matches.
  case expression(ModulePattern)

  /// Whether the module at `path`, such as `model.layers.3.self_attn.q_proj`, is named.
  package func contains(_ path: String) -> Bool {
    switch self {
    case .allLinear: path != "lm_head" && !path.hasSuffix(".lm_head")
    case .names(let names): names.contains { path == $0 || path.hasSuffix(".\($0)") }
    case .expression(let pattern): pattern.matches(path)
    }
  }

  /// The names, or the expression.
  package var texts: [String] {
    switch self {
    case .allLinear: ["all-linear"]
    case .names(let names): names
    case .expression(let pattern): [pattern.source]
    }
  }
}

/// What an adapter's `rank_pattern` or `alpha_pattern` says of some modules.
package struct PatternSetting<Value: Sendable & Equatable>: Sendable, Equatable {
  /// Matched against the path of a module, or the last parts of it.
  package var pattern: ModulePattern
  package var value: Value

  package init(_ pattern: ModulePattern, _ value: Value) {
    (self.pattern, self.value) = (pattern, value)
  }
}

/// Rows of a table that an adapter trains in place of the table's own.
package struct TokenSelection: Sendable, Equatable {
  /// The last parts of the table's path: `embed_tokens` or `lm_head`.
  package var module: String
  /// The rows, in the order in which the adapter keeps them.
  package var ids: [Int]

  package init(module: String, ids: [Int]) { (self.module, self.ids) = (module, ids) }
}
