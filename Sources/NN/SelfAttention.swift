package import Autodiff
import TensorCore

/// Grouped-query self-attention with rotary positions.
///
/// Ainslie et al. 2023.
package final class SelfAttention {
  package var queryProjection: any UnaryLayer
  package var keyProjection: any UnaryLayer
  package var valueProjection: any UnaryLayer
  package var outputProjection: any UnaryLayer
  /// Normalisation of each head of queries and keys before the rotation (Qwen3); nil for most.
  package var queryNorm: RMSNorm?
  package var keyNorm: RMSNorm?
  package let shape: AttentionShape
  package let layer: Int

  package init(
    query: any UnaryLayer, key: any UnaryLayer, value: any UnaryLayer, output: any UnaryLayer,
    queryNorm: RMSNorm? = nil, keyNorm: RMSNorm? = nil, shape: AttentionShape, layer: Int
  ) {
    (queryProjection, keyProjection) = (query, key)
    (valueProjection, outputProjection) = (value, output)
    (self.queryNorm, self.keyNorm) = (queryNorm, keyNorm)
    (self.shape, self.layer) = (shape, layer)
  }

  package func callAsFunction(_ input: Variable<Float>, in context: ForwardContext)
    -> Variable<Float>
  {
    let queries = normalized(queryProjection(input, in: context), queryNorm, shape.heads, context)
      .rotated(heads: shape.heads, angles: context.angles)
    let keys = normalized(keyProjection(input, in: context), keyNorm, shape.keyValueHeads, context)
      .rotated(heads: shape.keyValueHeads, angles: context.angles)
    let values = valueProjection(input, in: context)
    let mixed: Variable<Float>
    switch context.attention {
    case .documents(let segments):
      mixed = .causalAttention(
        queries: queries, keys: keys, values: values, shape: shape, segments: segments)
    case .cached(let cache):
      mixed = Variable(
        cache.attend(
          layer: layer, queries: queries.value, keys: keys.value, values: values.value,
          shape: shape))
    }
    return outputProjection(mixed, in: context)
  }

  private func normalized(
    _ projected: Variable<Float>, _ norm: RMSNorm?, _ heads: Int, _ context: ForwardContext
  ) -> Variable<Float> {
    guard let norm else { return projected }
    let rows = projected.shape[0]
    return norm(projected.reshaped([rows * heads, shape.head]), in: context)
      .reshaped([rows, heads * shape.head])
  }
}
