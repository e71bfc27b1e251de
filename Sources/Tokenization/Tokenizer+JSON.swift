package import SafeIO

extension Tokenizer {
  /// Reads the root of a `tokenizer.json`.
  ///
  /// Beginning, end and padding tokens are not in it.
  package init(json: JSON) throws { try self.init(json: json, control: []) }

  /// `control` are texts of tokens that are control tokens although they are not marked so.
  init(json: JSON, control: [String]) throws {
    let definition = try TokenizerDefinition(JSONAt(value: json, path: ""))
    let control = Set(control)
    var ids: [Int] = []
    for token in definition.addedTokens where control.contains(token.content) {
      ids.append(token.id)
    }
    try self.init(definition, control: ids)
  }
}

extension TokenizerDefinition {
  init(_ root: JSONAt) throws {
    // Truncation and padding belong to a call, not to a tokenizer; ours are set elsewhere.
    try root.allow(
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
      "post_processor", "decoder", "model")
    if let version = root["version"], try version.string() != "1.0" { throw version.unsupported() }
    try readModel(root.required("model", "an object"))
    addedTokens = try root["added_tokens"]?.elements().map(Self.addedToken) ?? []
    composes = try root["normalizer"].map(Self.composes) ?? false
    preTokenizer = try Self.preTokenizer(root.required("pre_tokenizer", "an object"))
    guard let decoder = root["decoder"] else {
      throw TokenizerError.unsupported(path: "decoder", found: "null")
    }
    guard try decoder.type() == "ByteLevel" else {
      throw decoder["type"]?.unsupported() ?? decoder.unsupported()
    }
    if let processor = root["post_processor"] { try readPostProcessor(processor) }
    var steps = JSONObject()
    for name in ["normalizer", "pre_tokenizer", "post_processor", "decoder"] {
      steps[name] = root[name]?.value
    }
    self.steps = steps
  }

  private mutating func readModel(_ model: JSONAt) throws {
    if let type = model["type"], try type.string() != "BPE" { throw type.unsupported() }
    try model.allow(
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
      "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges")
    if let dropout = model["dropout"], dropout.value.double != 0 { throw dropout.unsupported() }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = model[key], try !affix.string().isEmpty { throw affix.unsupported() }
    }
    try model.require("byte_fallback", false, whenMissing: false)
    unknownToken = try model["unk_token"]?.string()
    fusesUnknown = try model["fuse_unk"]?.bool() ?? false
    ignoresMerges = try model["ignore_merges"]?.bool() ?? false

    let words = try model.required("vocab", "an object").object()
    vocabulary.reserveCapacity(words.count)
    for (text, value) in zip(words.keys, words.values) {
      guard let id = value.int else {
        throw TokenizerError.idOutOfRange(
          token: text, id: value.serialized(), limit: 4 * words.count)
      }
      vocabulary.append((text, id))
    }
    let list = try model.required("merges", "an array")
    guard let pairs = list.value.array else { return _ = try list.elements() }
    merges.reserveCapacity(pairs.count)
    for (index, pair) in pairs.enumerated() { merges.append(try Self.merge(pair, index)) }
  }

  /// A merge as `"a b"`, or as `["a", "b"]`, which newer files have.
  static func merge(_ json: JSON, _ index: Int) throws -> (left: String, right: String) {
    if let pair = json.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string
    {
      return (left, right)
    }
    guard let text = json.string else {
      throw TokenizerError.malformedMerge(index: index, text: json.serialized())
    }
    return try merge(text, index)
  }

  static func merge(_ text: String, _ index: Int) throws -> (left: String, right: String) {
    let utf8 = text.utf8
    guard let space = utf8.firstIndex(of: 0x20),
      let left = String(utf8[..<space]), let right = String(utf8[utf8.index(after: space)...]),
      !left.isEmpty, !right.isEmpty, !right.utf8.contains(0x20)
    else { throw TokenizerError.malformedMerge(index: index, text: text) }
    return (left, right)
  }

  private static func addedToken(_ token: JSONAt) throws -> AddedToken {
    try token.allow(
      "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special")
    let content = try token.required("content", "a string").string()
    let id = try token.required("id", "an integer").value
    guard let number = id.int, number >= 0, number < Int(Int32.max) else {
      throw TokenizerError.idOutOfRange(
        token: content, id: id.serialized(), limit: Int(Int32.max))
    }
    try token.require("single_word", false, whenMissing: false)
    return AddedToken(
      content: content, id: number, isSpecial: try token["special"]?.bool() ?? false,
      stripsLeft: try token["lstrip"]?.bool() ?? false,
      stripsRight: try token["rstrip"]?.bool() ?? false,
      matchesNormalized: try token["normalized"]?.bool() ?? false)
  }
}
