/// The names of the same tensors in GGUF files and in Hugging Face checkpoints.
package enum GGUFNames {
  private static let outer = [
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
  ]
  private static let inBlock = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]
  private static let outerReversed = Dictionary(uniqueKeysWithValues: outer.map { ($1, $0) })
  private static let inBlockReversed = Dictionary(uniqueKeysWithValues: inBlock.map { ($1, $0) })

  /// `blk.3.attn_q.weight` → `model.layers.3.self_attn.q_proj.weight`; nil if there is no such
  /// tensor in a Llama-like model.
  package static func huggingFace(_ name: String) -> String? {
    guard let (stem, ending) = split(name) else { return nil }
    if let other = outer[stem] { return "\(other).\(ending)" }
    guard let (layer, part) = layerAndPart(stem, prefix: "blk."), let other = inBlock[part] else {
      return nil
    }
    return "model.layers.\(layer).\(other).\(ending)"
  }

  /// The inverse of `huggingFace`.
  package static func gguf(_ name: String) -> String? {
    guard let (stem, ending) = split(name) else { return nil }
    if let other = outerReversed[stem] { return "\(other).\(ending)" }
    guard let (layer, part) = layerAndPart(stem, prefix: "model.layers."),
      let other = inBlockReversed[part]
    else { return nil }
    return "blk.\(layer).\(other).\(ending)"
  }

  private static func split(_ name: String) -> (stem: String, ending: String)? {
    for ending in ["weight", "bias"] where name.hasSuffix(".\(ending)") {
      return (String(name.dropLast(ending.count + 1)), ending)
    }
    return nil
  }

  private static func layerAndPart(_ stem: String, prefix: String) -> (Int, String)? {
    guard stem.hasPrefix(prefix) else { return nil }
    let rest = stem.dropFirst(prefix.count)
    guard let dot = rest.firstIndex(of: "."), let layer = Int(rest[..<dot]),
      String(layer) == rest[..<dot], layer >= 0
    else { return nil }
    return (layer, String(rest[rest.index(after: dot)...]))
  }
}
