package import ModelFiles

extension DecoderLM {
  /// The tensors that a configuration implies, with their shapes.
  package static func expectedTensors(_ c: TransformerConfiguration)
    -> [(name: String, shape: [Int])]
  {
    let queries = c.headCount * c.headDimension
    let keys = c.keyValueHeadCount * c.headDimension
    var result: [(name: String, shape: [Int])] = [
      ("model.embed_tokens.weight", [c.vocabularySize, c.hiddenSize])
    ]
    func add(_ name: String, _ outputs: Int, _ inputs: Int, bias: Bool) {
      result.append(("\(name).weight", [outputs, inputs]))
      if bias { result.append(("\(name).bias", [outputs])) }
    }
    for layer in 0..<c.layerCount {
      let path = "model.layers.\(layer)"
      result.append(("\(path).input_layernorm.weight", [c.hiddenSize]))
      add("\(path).self_attn.q_proj", queries, c.hiddenSize, bias: c.attentionBias)
      add("\(path).self_attn.k_proj", keys, c.hiddenSize, bias: c.attentionBias)
      add("\(path).self_attn.v_proj", keys, c.hiddenSize, bias: c.attentionBias)
      add("\(path).self_attn.o_proj", c.hiddenSize, queries, bias: false)
      if c.queryKeyNorm {
        result.append(("\(path).self_attn.q_norm.weight", [c.headDimension]))
        result.append(("\(path).self_attn.k_norm.weight", [c.headDimension]))
      }
      result.append(("\(path).post_attention_layernorm.weight", [c.hiddenSize]))
      add("\(path).mlp.gate_proj", c.intermediateSize, c.hiddenSize, bias: c.mlpBias)
      add("\(path).mlp.up_proj", c.intermediateSize, c.hiddenSize, bias: c.mlpBias)
      add("\(path).mlp.down_proj", c.hiddenSize, c.intermediateSize, bias: c.mlpBias)
    }
    result.append(("model.norm.weight", [c.hiddenSize]))
    if !c.tiesEmbeddings { result.append(("lm_head.weight", [c.vocabularySize, c.hiddenSize])) }
    return result
  }

  /// How many numbers a configuration's tensors hold.
  package static func parameterCount(_ configuration: TransformerConfiguration) -> Int {
    expectedTensors(configuration).reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// Tensors that checkpoints carry although other weights or the configuration imply them.
  static func isRedundant(_ name: String, _ c: TransformerConfiguration) -> Bool {
    (c.tiesEmbeddings && name == "lm_head.weight") || name.hasSuffix("rotary_emb.inv_freq")
  }
}
