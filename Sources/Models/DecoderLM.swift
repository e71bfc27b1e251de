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
  /// Rows that stand for the output layer's own, where its table is not the embedding's.
  private var replacedHeadRows: TokenRows?
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
    recomputesActivations: Bool = false, embeddingNoise: EmbeddingNoise? = nil
  ) -> ForwardContext {
    var context = ForwardContext(
      tape: tape, angles: rotary.angles(at: segments.positions),
      attention: .documents(segments), dropoutSeed: dropoutSeed,
      recomputesActivations: recomputesActivations)
    context.embeddingNoise = embeddingNoise
    return context
  }

  /// The normalised last hidden states, `[ids.count, hiddenSize]`.
  ///
  /// - Precondition: Every id is below the vocabulary's size.
  package func hidden(_ ids: [Int32], in context: ForwardContext) -> Variable<Float> {
    let frozen = context.tape == nil ? 0 : frozenBlocks
    var x = embedded(ids, in: context)
    for block in blocks[..<frozen] { x = block(x, in: context.on(nil)) }
    return hidden(entering: frozen, x, in: context)
  }

  /// What the first block sees: the tokens' rows, with noise where the context asks for it.
  package func embedded(_ ids: [Int32], in context: ForwardContext) -> Variable<Float> {
    let rows = embedding(ids, in: context)
    guard let noise = context.embeddingNoise, case .documents(let segments) = context.attention
    else { return rows }
    return rows + Variable(noise.tensor(segments, size: configuration.hiddenSize))
  }

  /// The output layer.
  package func output(in context: ForwardContext) -> OutputLayer {
    let rows = configuration.tiesEmbeddings ? embedding.replaced : replacedHeadRows
    let replaced = rows.flatMap { $0.isEnabled ? $0.classes(in: context) : nil }
    if let packedHead { return OutputLayer(.packed(packedHead), replacing: replaced) }
    let weight = (head?.weight ?? embedding.weight).variable(in: context)
    return OutputLayer(.full(weight), replacing: replaced)
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

  /// Calls `body` for the embedding, and for the output layer's table where it is its own.
  public func updateTokenTables(
    _ body: (_ table: TokenTable, _ replaced: inout TokenRows?) throws -> Void
  ) rethrows {
    let shape: Shape = [configuration.vocabularySize, configuration.hiddenSize]
    // A packed output layer has its own copy of a table that it shares.
    let isApart = packedHead != nil && configuration.tiesEmbeddings
    let table = TokenTable(
      path: "model.embed_tokens", shape: shape, isApart ? nil : embedding.weight)
    try body(table, &embedding.replaced)
    if configuration.tiesEmbeddings { return }
    let output = TokenTable(path: "lm_head", shape: shape, head?.weight)
    try body(output, &replacedHeadRows)
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
