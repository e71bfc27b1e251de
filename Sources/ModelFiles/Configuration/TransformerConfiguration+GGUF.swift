extension TransformerConfiguration {
  private static let architectures = ["llama", "qwen2", "qwen3"]

  /// Reads the metadata of a GGUF file and the shapes of its tensors.
  ///
  /// - Parameter file: A model of the architecture `llama` (which Mistral models use too), `qwen2`
  ///   or `qwen3`.
  /// - Throws: `ModelFileError` that names the architecture or the key.
  package init(gguf file: GGUFFile) throws {
    let metadata = file.metadata
    let name = try metadata.required("general.architecture", metadata.string)
    guard Self.architectures.contains(name) else {
      throw ModelFileError(file.path, .architecture(name))
    }
    try GGUFKeys.check(metadata, architecture: name)
    func key(_ suffix: String) -> String { "\(name).\(suffix)" }
    func integer(_ suffix: String) throws -> Int {
      try metadata.required(key(suffix), metadata.uint)
    }
    func refusal(_ suffix: String, _ value: String, _ rule: String) -> ModelFileError {
      ModelFileError(
        file.path, .hyperparameter(name: key(suffix), value: value, rule: rule))
    }
    if try metadata.bool(key("attention.causal")) == false {
      throw refusal("attention.causal", "false", "true: other attention is not built")
    }

    let heads = try integer("attention.head_count")
    let hidden = try integer("embedding_length")
    guard heads > 0 else { throw refusal("attention.head_count", "0", "at least 1") }
    let head = try metadata.uint(key("attention.key_length")) ?? hidden / heads
    if let value = try metadata.uint(key("attention.value_length")), value != head {
      throw refusal("attention.value_length", "\(value)", "\(head), as for keys")
    }
    if let rotated = try metadata.uint(key("rope.dimension_count")), rotated != head {
      throw refusal("rope.dimension_count", "\(rotated)", "\(head), whole heads")
    }
    let scaling = try metadata.string(key("rope.scaling.type")) ?? "none"
    guard scaling == "none" || scaling == "" else {
      throw refusal("rope.scaling.type", scaling, "none, or llama3 through rope_freqs.weight")
    }
    if let factor = try metadata.float(key("rope.scale_linear")), factor != 1, factor != 0 {
      throw refusal("rope.scale_linear", "\(factor)", "1")
    }
    guard let embedding = file.tensor(named: "token_embd.weight"), embedding.shape.count == 2 else {
      throw ModelFileError(
        file.path, .missingTensors(family: "GGUF", ["token_embd.weight"]))
    }
    if let declared = try metadata.uint(key("vocab_size")), declared != embedding.shape[0] {
      throw refusal("vocab_size", "\(declared)", "\(embedding.shape[0]), as token_embd.weight has")
    }
    let hasBias = file.tensor(named: "blk.0.attn_q.bias") != nil
    guard hasBias == (name == "qwen2") else {
      throw ModelFileError(
        file.path,
        .ggufShape(
          tensor: "blk.0.attn_q.bias",
          reason: hasBias ? "architecture \(name) has no biases" : "architecture qwen2 has biases"))
    }
    let epsilon = try metadata.required(key("attention.layer_norm_rms_epsilon"), metadata.float)
    let theta = try metadata.float(key("rope.freq_base")) ?? 10_000
    self.init(
      modelType: name,
      vocabularySize: embedding.shape[0],
      hiddenSize: hidden,
      intermediateSize: try integer("feed_forward_length"),
      layerCount: try integer("block_count"),
      headCount: heads,
      keyValueHeadCount: try metadata.uint(key("attention.head_count_kv")) ?? heads,
      headDimension: head,
      normEpsilon: Self.shortest(epsilon),
      ropeTheta: Self.shortest(theta),
      maxPositions: try integer("context_length"),
      tiesEmbeddings: file.tensor(named: "output.weight") == nil,
      attentionBias: name == "qwen2",
      queryKeyNorm: name == "qwen3",
      slidingWindow: try metadata.uint(key("attention.sliding_window")).flatMap {
        $0 == 0 ? nil : $0
      },
      bosTokenID: try metadata.uint("tokenizer.ggml.bos_token_id"),
      eosTokenIDs: try Self.endOfSequence(metadata),
      padTokenID: try metadata.uint("tokenizer.ggml.padding_token_id"))
    if try metadata.uint(key("attention.key_length")) == nil, hidden % heads != 0 {
      throw refusal("embedding_length", "\(hidden)", "a multiple of the \(heads) heads")
    }
    try refuseViolation(file, architecture: name)
    // A sliding window is Mistral's, and transformers has it under that name only.
    if name == "llama" && slidingWindow != nil { modelType = "mistral" }
    try readFrequencies(file)
    try refuseViolation(file, architecture: name)
  }

  private func refuseViolation(_ file: GGUFFile, architecture: String) throws {
    guard let violation else { return }
    throw ModelFileError(
      file.path,
      .hyperparameter(
        name: Self.ggufName(of: violation.field, architecture: architecture),
        value: violation.value, rule: violation.rule))
  }

  /// Llama 3 models carry the divisors of their frequencies as a tensor.
  private mutating func readFrequencies(_ file: GGUFFile) throws {
    guard file.tensor(named: "rope_freqs.weight") != nil else { return }
    let divisors = try file.readFloats("rope_freqs.weight")
    if divisors.allSatisfy({ $0 == 1 }) && divisors.count == headDimension / 2 { return }
    ropeScaling = RoPEScaling(
      divisors: divisors, theta: ropeTheta, headDimension: headDimension)
    guard ropeScaling != nil else {
      throw ModelFileError(
        file.path,
        .ggufShape(tensor: "rope_freqs.weight", reason: "not the frequencies of a Llama 3 model"))
    }
  }

  private static func endOfSequence(_ metadata: GGUFMetadata) throws -> [Int] {
    var ids: [Int] = []
    for name in ["eos", "eot", "eom"] {
      guard let id = try metadata.uint("tokenizer.ggml.\(name)_token_id"), !ids.contains(id) else {
        continue
      }
      ids.append(id)
    }
    return ids
  }

  /// The shortest decimal that is the same f32: 1e-05, not 9.999999747378752e-06.
  private static func shortest(_ value: Double) -> Double {
    let single = Float(value)
    return Double(single) == value ? Double("\(single)") ?? value : value
  }

  private static func ggufName(of field: Field, architecture: String) -> String {
    let suffix =
      switch field {
      case .vocabularySize: "vocab_size"
      case .hiddenSize: "embedding_length"
      case .intermediateSize: "feed_forward_length"
      case .layerCount: "block_count"
      case .headCount: "attention.head_count"
      case .keyValueHeadCount: "attention.head_count_kv"
      case .headDimension: "attention.key_length"
      case .normEpsilon: "attention.layer_norm_rms_epsilon"
      case .ropeTheta: "rope.freq_base"
      case .ropeScaling: "rope.scaling"
      case .maxPositions: "context_length"
      case .slidingWindow: "attention.sliding_window"
      case .bosTokenID: "tokenizer.ggml.bos_token_id"
      case .eosTokenIDs: "tokenizer.ggml.eos_token_id"
      case .padTokenID: "tokenizer.ggml.padding_token_id"
      }
    return suffix.hasPrefix("tokenizer.") ? suffix : "\(architecture).\(suffix)"
  }
}
