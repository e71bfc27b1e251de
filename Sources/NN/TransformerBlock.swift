package import Autodiff
import TensorCore

/// One pre-norm block: `x + attention(norm(x))`, then `x + feedForward(norm(x))`.
package final class TransformerBlock {
  package let attentionNorm: RMSNorm
  package let attention: SelfAttention
  package let feedForwardNorm: RMSNorm
  package let feedForward: FeedForward

  package init(
    attentionNorm: RMSNorm, attention: SelfAttention, feedForwardNorm: RMSNorm,
    feedForward: FeedForward
  ) {
    (self.attentionNorm, self.attention) = (attentionNorm, attention)
    (self.feedForwardNorm, self.feedForward) = (feedForwardNorm, feedForward)
  }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    guard context.recomputesActivations, let tape = context.tape else {
      return compute(input, in: context)
    }
    return tape.recomputing(input) { self.compute($0, in: context.on($1)) }
  }

  private func compute(_ input: Variable<Float>, in context: ForwardContext) -> Variable<Float> {
    let attended = input + attention(attentionNorm(input, in: context), in: context)
    return attended + feedForward(feedForwardNorm(attended, in: context), in: context)
  }

  /// Calls `body` for every projection with its name in Hugging Face's layout.
  ///
  /// What it leaves there takes the projection's place: this is the seam that adapters attach to.
  package func updateProjections(
    _ body: (_ path: String, _ layer: inout any UnaryLayer) throws -> Void
  ) rethrows {
    try body("self_attn.q_proj", &attention.queryProjection)
    try body("self_attn.k_proj", &attention.keyProjection)
    try body("self_attn.v_proj", &attention.valueProjection)
    try body("self_attn.o_proj", &attention.outputProjection)
    try body("mlp.gate_proj", &feedForward.gateProjection)
    try body("mlp.up_proj", &feedForward.upProjection)
    try body("mlp.down_proj", &feedForward.downProjection)
  }

  /// The block's weights; paths are relative to the block.
  package var parameters: [NamedParameter] {
    var result: [NamedParameter] = [
      ("input_layernorm.weight", attentionNorm.weight),
      ("post_attention_layernorm.weight", feedForwardNorm.weight),
    ]
    if let norm = attention.queryNorm { result.append(("self_attn.q_norm.weight", norm.weight)) }
    if let norm = attention.keyNorm { result.append(("self_attn.k_norm.weight", norm.weight)) }
    updateProjections { path, layer in
      result += layer.parameters.map { ("\(path).\($0.path)", $0.parameter) }
    }
    return result
  }
}
