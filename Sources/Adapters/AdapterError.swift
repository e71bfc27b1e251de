public import SafeIO

/// Why an adapter does not fit a model.
public enum AdapterError: UserFacingError, Equatable {
  /// No projection of the model has one of these names.
  case unknownTargets([String], available: [String])
  /// The adapter has weights for modules that the model does not have.
  case unknownModules(path: String, [String])
  /// The adapter's configuration targets modules that it has no weights for.
  case missingModules(path: String, [String])
  /// The adapter has weights for modules that its own configuration does not target.
  case untargetedModules(path: String, [String])
  /// A factor does not have the extents of the module that it adapts.
  case shape(path: String, module: String, found: String, expected: String)
  /// The adapter was trained on another base, tokenizer or template.
  case otherBase(path: String, what: String, expected: String, found: String)
  /// Something in the adapter that this version does not compute.
  case unsupported(path: String, String)
  /// A number or a combination that no adapter of this model can have.
  case setting(String, rule: String)
  /// A regular expression for modules that cannot be read.
  case pattern(String, reason: String)
  /// Weights that are needed in f32 and are packed already.
  case packed(String)
  /// `graft.json` cannot be read.
  case manifest(path: String, String)

  /// The class of the failure.
  public var failureClass: FailureClass {
    switch self {
    case .unknownTargets, .setting, .pattern: .usage
    default: .model
    }
  }

  /// The stable short name.
  public var code: String {
    switch self {
    case .unknownTargets: "CFG.TARGETS"
    case .unknownModules, .untargetedModules: "ADP.UNEXPECTED"
    case .missingModules: "ADP.MISSING"
    case .shape: "ADP.SHAPE"
    case .otherBase: "ADP.BASE"
    case .unsupported: "ADP.UNSUPPORTED"
    case .manifest: "ADP.MANIFEST"
    case .setting: "CFG.RANGE"
    case .pattern: "CFG.PATTERN"
    case .packed: "ADP.PACKED"
    }
  }

  /// What happened, with the values.
  public var description: String {
    switch self {
    case .unknownTargets(let names, _):
      "no layer is named \(names.map { "'\($0.escapedForMessage())'" }.joined(separator: ", "))"
    case .unknownModules(let path, let names):
      "\(path): \(names.count) modules are not in this model: \(Self.list(names))"
    case .missingModules(let path, let names):
      "\(path): no weights for \(names.count) targeted modules: \(Self.list(names))"
    case .untargetedModules(let path, let names):
      "\(path): weights for \(names.count) modules that target_modules does not name: \(Self.list(names))"
    case .shape(let path, let module, let found, let expected):
      "\(path): '\(module)' has \(found), expected \(expected)"
    case .otherBase(let path, let what, let expected, let found):
      "\(path): trained with another \(what): SHA-256 \(expected.prefix(16))…, this model's is \(found.prefix(16))…"
    case .unsupported(let path, let what): "\(path): \(what) is not supported"
    case .manifest(let path, let what): "\(path): \(what)"
    case .setting(let what, let rule): "\(what): expected \(rule)"
    case .pattern(let text, let reason):
      "the pattern '\(text.escapedForMessage())' cannot be read: \(reason)"
    case .packed(let path): "'\(path)' is packed in bf16, and its weight is needed in f32"
    }
  }

  /// What to do about it.
  public var hint: String? {
    switch self {
    case .unknownTargets(_, let available):
      "Choose from \(available.joined(separator: ", ")), or all-linear."
    case .unknownModules, .missingModules, .shape:
      "Check that the adapter and the model belong together."
    case .untargetedModules:
      "Check that adapter_config.json and adapter_model.safetensors belong together."
    case .otherBase: "Use the model that it was trained on, or --force-base to try anyway."
    case .unsupported: "LoRA, rsLoRA and DoRA adapters are read, one around a projection."
    case .setting: nil
    case .pattern: "Write module names, or one regular expression in Python's syntax."
    case .packed: "Attach the adapter before the base is packed."
    case .manifest: "Remove graft.json to load the adapter as a plain PEFT directory."
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).map { $0.escapedForMessage(limit: 100) }.joined(separator: ", ")
    return names.count > 5 ? "\(shown), …" : shown
  }
}
