import SafeIO

/// The steps around the model in a `tokenizer.json`: each is recognised exactly or refused.
extension TokenizerDefinition {
  /// Whether the normalizer is normal form C; the only other one that is read does nothing.
  static func composes(_ normalizer: JSONAt) throws -> Bool {
    switch try normalizer.type() {
    case "NFC":
      try normalizer.allow("type")
      return true
    case "Sequence":
      try normalizer.allow("type", "normalizers")
      let parts = try normalizer.required("normalizers", "an array").elements()
      return try parts.reduce(false) { try composes($1) || $0 }
    default: throw normalizer["type"]?.unsupported() ?? normalizer.unsupported()
    }
  }

  static func preTokenizer(_ part: JSONAt) throws -> PreTokenizer {
    switch try part.type() {
    case "ByteLevel":
      try byteLevel(part, splits: true)
      return .gpt2
    case "Sequence":
      try part.allow("type", "pretokenizers")
      let parts = try part.required("pretokenizers", "an array").elements()
      if parts.count == 1 { return try preTokenizer(parts[0]) }
      guard parts.count == 2, try parts[1].type() == "ByteLevel" else {
        throw part["pretokenizers"]?.unsupported() ?? part.unsupported()
      }
      switch try parts[0].type() {
      case "Digits":
        try parts[0].allow("type", "individual_digits")
        try parts[0].require("individual_digits", true, whenMissing: false)
        try byteLevel(parts[1], splits: true)
        return .smollm
      case "Split":
        try byteLevel(parts[1], splits: false)
        return try split(parts[0])
      default: throw parts[0]["type"]?.unsupported() ?? parts[0].unsupported()
      }
    default: throw part["type"]?.unsupported() ?? part.unsupported()
    }
  }

  private static func byteLevel(_ part: JSONAt, splits: Bool) throws {
    // Offsets are not what we hand out, so that `trim_offsets` changes nothing.
    try part.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
    try part.require("add_prefix_space", false, whenMissing: true)
    try part.require("use_regex", splits, whenMissing: true)
  }

  private static func split(_ part: JSONAt) throws -> PreTokenizer {
    try part.allow("type", "pattern", "behavior", "invert")
    let pattern = try part.required("pattern", "an object with a Regex")
    try pattern.allow("Regex", "String")
    let regex = try pattern["Regex"]?.string() ?? ""
    let known: [PreTokenizer] = [.gpt2, .qwen2, .llama3]
    guard let rule = known.first(where: { $0.pattern == regex }) else {
      throw TokenizerError.unknownPattern(path: pattern.path, pattern: pattern.value.serialized())
    }
    let behavior = try part.required("behavior", "the name of a behavior")
    guard try behavior.string() == "Isolated" else { throw behavior.unsupported() }
    try part.require("invert", false, whenMissing: false)
    return rule
  }

  /// Reads which special tokens stand before and after a single text.
  mutating func readPostProcessor(_ part: JSONAt) throws {
    switch try part.type() {
    case "ByteLevel":
      try part.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
    case "Sequence":
      try part.allow("type", "processors")
      for processor in try part.required("processors", "an array").elements() {
        try readPostProcessor(processor)
      }
    case "TemplateProcessing":
      try part.allow("type", "single", "pair", "special_tokens")
      var seesText = false
      for piece in try part.required("single", "an array").elements() {
        if piece["Sequence"] != nil {
          if seesText { throw piece.unsupported() }
          seesText = true
          continue
        }
        let name = try piece.required("SpecialToken", "a special token or a sequence")
          .required("id", "a string").string()
        let token = part["special_tokens"]?[name]
        guard let ids = token?.value["ids"]?.array?.map(\.int) else {
          throw TokenizerError.specialTokenAbsent(name: piece.path, token: name)
        }
        for id in ids {
          guard let id, addedTokens.contains(where: { $0.id == id }) else {
            throw TokenizerError.specialTokenAbsent(name: piece.path, token: name)
          }
          if seesText { suffix.append(id) } else { prefix.append(id) }
        }
      }
    default: throw part["type"]?.unsupported() ?? part.unsupported()
    }
  }
}
