import SafeIO

/// The metadata of a GGUF file that describes a model, after the architecture's name.
///
/// A key of the architecture that nobody here knows could change what the model computes, so it is refused
/// by its name. Keys under other names (`general.`, `tokenizer.`, `quantize.`, those of tools) describe the
/// file.
enum GGUFKeys {
  private static let honoured: Set<String> = [
    "vocab_size", "context_length", "embedding_length", "feed_forward_length", "block_count",
    "attention.head_count", "attention.head_count_kv", "attention.key_length",
    "attention.value_length", "attention.layer_norm_rms_epsilon", "attention.sliding_window",
    "attention.causal", "rope.dimension_count", "rope.freq_base", "rope.scaling.type",
    "rope.scale_linear",
  ]

  /// Keys that change nothing: notes on a stretching of positions whose kind and factor are checked.
  private static let bookkeeping: Set<String> = [
    "rope.scaling.finetuned", "rope.scaling.original_context_length",
  ]

  /// Keys that change what is computed in ways that are not built, with the values at which they change
  /// nothing.
  private static let refused: [(key: String, neutral: [Double])] = [
    ("expert_count", [0]), ("expert_used_count", [0]), ("logit_scale", [1]),
    ("embedding_scale", [1]), ("residual_scale", [1]), ("attention.scale", [0]),
    ("attention.clamp_kqv", [0]), ("attention.max_alibi_bias", [0]),
    ("attn_logit_softcapping", [0]), ("final_logit_softcapping", [0]),
    // Without a type, a factor means linear stretching.
    ("rope.scaling.factor", [0, 1]), ("rope.scaling.attn_factor", [1]),
  ]

  private static let known = honoured.union(bookkeeping).union(refused.map(\.key))

  /// Checks that the file holds a whole model, and that every key of its architecture is known.
  static func check(_ metadata: GGUFMetadata, architecture: String) throws {
    func refusal(_ key: String, _ value: String, _ rule: String) -> ModelFileError {
      ModelFileError(metadata.path, .hyperparameter(name: key, value: value, rule: rule))
    }
    if let kind = try metadata.string("general.type"), kind != "model" {
      throw refusal("general.type", kind, "model")
    }
    if let parts = try metadata.uint("split.count"), parts > 1 {
      throw refusal("split.count", "\(parts)", "1: models in several files are not read")
    }
    for (suffix, neutral) in refused {
      let key = "\(architecture).\(suffix)"
      guard let value = metadata[key] else { continue }
      let number = value.integer.map(Double.init) ?? float(value)
      guard let number, neutral.contains(number) else {
        throw refusal(
          key, "\(number.map { "\($0)" } ?? value.typeName)", "\(neutral[0]): this is not built")
      }
    }
    let prefix = "\(architecture)."
    let unknown = metadata.keys.filter {
      $0.hasPrefix(prefix) && !known.contains(String($0.dropFirst(prefix.count)))
    }
    guard let first = unknown.first else { return }
    let suffix = String(first.dropFirst(prefix.count))
    throw ModelFileError(
      metadata.path,
      .metadataUnknown(
        keys: unknown, nearest: NearestName.of(suffix, among: Array(known)).map { prefix + $0 }))
  }

  private static func float(_ value: GGUFValue) -> Double? {
    if case .float(let number, _) = value { number } else { nil }
  }
}
