package import Autodiff
public import ModelFiles
public import NN
package import TensorCore

/// A decoder-only transformer of the Llama family: token ids to a distribution over the next token.
///
/// Parameters have the names of Hugging Face's checkpoints.
public final class DecoderLM: AdaptableModel {
  /// The model's sizes.
  public let configuration: TransformerConfiguration
  package let embedding: Embedding
  package let blocks: [TransformerBlock]
  package let norm: RMSNorm
  /// The output layer's table; nil where it shares the embedding's, or where it is packed.
  package private(set) var head: Linear?
  /// The output layer's table in bf16, once it is packed.
  private var packedHead: FrozenMatrix?
  package let rotary: RotaryEmbedding

  /// A model with the weights of a checkpoint.
  ///
  /// - Throws: `ModelFileError` listing tensors that are missing, mis-shaped or without a use.
  package convenience init(configuration: TransformerConfiguration, source: any TensorSource)
    throws
  {
    let expected = Self.expectedTensors(configuration)
    try source.check(expected) { Self.isRedundant($0, configuration) }
    self.init(configuration: configuration, weights: try WeightLoader(source).load(expected))
  }

  /// A model of these weights.
  ///
  /// - Precondition: `weights` has every tensor of `expectedTensors`.
  package init(configuration: TransformerConfiguration, weights: [String: Tensor<Float>]) {
    let c = configuration
    func weight(_ name: String) -> Tensor<Float> {
      guard let tensor = weights[name] else { fatalError("DecoderLM: no tensor '\(name)'") }
      return tensor
    }
    func linear(_ name: String) -> Linear {
      Linear(weight: weight("\(name).weight"), bias: weights["\(name).bias"])
    }
    func norm(_ name: String) -> RMSNorm {
      RMSNorm(weight: weight("\(name).weight"), epsilon: Float(c.normEpsilon))
    }
    self.configuration = c
    embedding = Embedding(weight: weight("model.embed_tokens.weight"))
    let shape = AttentionShape(
      heads: c.headCount, keyValueHeads: c.keyValueHeadCount, head: c.headDimension,
      window: c.slidingWindow)
    blocks = (0..<c.layerCount).map { layer in
      let path = "model.layers.\(layer)"
      let attention = SelfAttention(
        query: linear("\(path).self_attn.q_proj"), key: linear("\(path).self_attn.k_proj"),
        value: linear("\(path).self_attn.v_proj"), output: linear("\(path).self_attn.o_proj"),
        queryNorm: c.queryKeyNorm ? norm("\(path).self_attn.q_norm") : nil,
        keyNorm: c.queryKeyNorm ? norm("\(path).self_attn.k_norm") : nil, shape: shape,
        layer: layer)
      let feedForward = FeedForward(
        gate: linear("\(path).mlp.gate_proj"), up: linear("\(path).mlp.up_proj"),
        down: linear("\(path).mlp.down_proj"))
      return TransformerBlock(
        attentionNorm: norm("\(path).input_layernorm"), attention: attention,
        feedForwardNorm: norm("\(path).post_attention_layernorm"), feedForward: feedForward)
    }
    self.norm = norm("model.norm")
    head = c.tiesEmbeddings ? nil : linear("lm_head")
    rotary = RotaryEmbedding(frequencies: c.inverseFrequencies.map { Float($0) })
  }

  /// A context for whole documents.
  package func context(
    _ segments: DocumentSegments, tape: Tape<Float>? = nil, dropoutSeed: UInt64? = nil,
    recomputesActivations: Bool = false
  ) -> ForwardContext {
    ForwardContext(
      tape: tape, angles: rotary.angles(at: segments.positions),
      attention: .documents(segments), dropoutSeed: dropoutSeed,
      recomputesActivations: recomputesActivations)
  }

  /// The normalised last hidden states, `[ids.count, hiddenSize]`.
  ///
  /// - Precondition: Every id is below the vocabulary's size.
  package func hidden(_ ids: [Int32], in context: ForwardContext) -> Variable<Float> {
    var x = embedding(ids, in: context)
    for block in blocks { x = block(x, in: context) }
    return norm(x, in: context)
  }

  /// The output layer.
  package func output(in context: ForwardContext) -> OutputLayer {
    if let packedHead { return .packed(packedHead) }
    return .full((head?.weight ?? embedding.weight).variable(in: context))
  }

  /// The logits of every position, `[ids.count, vocabulary]`.
  package func logits(_ ids: [Int32], in context: ForwardContext) -> Variable<Float> {
    output(in: context).logits(hidden(ids, in: context))
  }

  /// Packs the output layer's table in bf16, and lets go of one that is its own.
  func packHead() {
    packedHead = FrozenMatrix((head?.weight ?? embedding.weight).value)
    head = nil
  }

  /// Calls `body` for the seven projections of every block, in the order of the blocks.
  public func updateProjections(
    _ body: (_ path: String, _ layer: inout any UnaryLayer) throws -> Void
  ) rethrows {
    for (index, block) in blocks.enumerated() {
      try block.updateProjections { try body("model.layers.\(index).\($0)", &$1) }
    }
  }

  /// Every weight by its name; a shared table once.
  public var parameters: [NamedParameter] {
    var result: [NamedParameter] = [("model.embed_tokens.weight", embedding.weight)]
    for (index, block) in blocks.enumerated() {
      result += block.parameters.map { ("model.layers.\(index).\($0.path)", $0.parameter) }
    }
    result.append(("model.norm.weight", norm.weight))
    if let head { result += head.parameters.map { ("lm_head.\($0.path)", $0.parameter) } }
    return result
  }
}
