import SafeIO

/// The steps around the model as the `tokenizer.json` of the rule's own family writes them.
extension PreTokenizer {
  /// The `pre_tokenizer`.
  var step: JSON {
    switch self {
    case .gpt2: Self.byteLevel(addsPrefixSpace: false)
    case .smollm:
      Self.sequence(
        "pretokenizers", ["type": "Digits", "individual_digits": true],
        Self.byteLevel(addsPrefixSpace: false))
    case .qwen2, .llama3:
      Self.sequence(
        "pretokenizers",
        [
          "type": "Split", "pattern": ["Regex": JSON(pattern)], "behavior": "Isolated",
          "invert": false,
        ],
        Self.byteLevel(
          addsPrefixSpace: false, trimsOffsets: self == .llama3, usesPattern: false))
    }
  }

  /// The `decoder`.
  var decoderStep: JSON {
    // No setting of it has an effect on decoding; Qwen's files write all three as false.
    self == .qwen2
      ? Self.byteLevel(addsPrefixSpace: false, trimsOffsets: false, usesPattern: false)
      : Self.byteLevel(addsPrefixSpace: true)
  }

  /// The `post_processor`, which puts `prefix` before a text that stands alone and `suffix` after it.
  func postProcessorStep(
    prefix: [(text: String, id: Int)], suffix: [(text: String, id: Int)]
  ) -> JSON {
    let offsets =
      self == .qwen2
      ? Self.byteLevel(addsPrefixSpace: false, trimsOffsets: false, usesPattern: false)
      : Self.byteLevel(addsPrefixSpace: true, trimsOffsets: false)
    if prefix.isEmpty, suffix.isEmpty { return offsets }

    func part(_ kind: String, _ id: String, _ type: Int) -> JSON {
      [kind: ["id": JSON(id), "type_id": JSON(type)]]
    }
    func text(_ name: String, _ type: Int) -> [JSON] {
      prefix.map { part("SpecialToken", $0.text, type) } + [part("Sequence", name, type)]
        + suffix.map { part("SpecialToken", $0.text, type) }
    }
    var tokens = JSONObject()
    for (text, id) in prefix + suffix {
      tokens[text] = ["id": JSON(text), "ids": [JSON(id)], "tokens": [JSON(text)]]
    }
    return Self.sequence(
      "processors", offsets,
      [
        "type": "TemplateProcessing", "single": JSON(text("A", 0)),
        "pair": JSON(text("A", 0) + text("B", 1)), "special_tokens": JSON(tokens),
      ])
  }

  private static func byteLevel(
    addsPrefixSpace: Bool, trimsOffsets: Bool = true, usesPattern: Bool = true
  ) -> JSON {
    [
      "type": "ByteLevel", "add_prefix_space": JSON(addsPrefixSpace),
      "trim_offsets": JSON(trimsOffsets), "use_regex": JSON(usesPattern),
    ]
  }

  private static func sequence(_ key: String, _ parts: JSON...) -> JSON {
    ["type": "Sequence", key: JSON(parts)]
  }
}
