import Autodiff
import TensorCore

/// Causal attention with SmolLM2's heads, in f32, beside multiply-adds in registers.
///
/// Operations are those of the mathematics, `4 · heads · head · Σ t` forward and twice that backward: what
/// a causal kernel computes beyond the diagonal, or again, does not count.
enum AttentionFigures {
  static func measure(rounds: Int) -> [Figure] {
    [(8, 256), (4, 512), (1, 2048)].flatMap { documents, length in
      figures(documents: documents, length: length, rounds: rounds)
    }
  }

  private static func figures(documents: Int, length: Int, rounds: Int) -> [Figure] {
    let shape = AttentionShape(heads: 9, keyValueHeads: 3, head: 64)
    let segments = DocumentSegments(lengths: Array(repeating: length, count: documents))
    let tokens = documents * length
    let queries = Buffer.tensor([tokens, shape.heads * shape.head])
    let keys = Buffer.tensor([tokens, shape.keyValueHeads * shape.head])
    let values = Buffer.tensor([tokens, shape.keyValueHeads * shape.head])
    let upstream = Buffer.tensor(queries.shape)
    let seconds = Alternation.seconds(
      rounds: rounds,
      [
        {
          _ = Variable.causalAttention(
            queries: Variable(queries), keys: Variable(keys), values: Variable(values),
            shape: shape, segments: segments)
        },
        {
          let tape = Tape<Float>()
          let y = Variable.causalAttention(
            queries: tape.leaf(queries), keys: tape.leaf(keys), values: tape.leaf(values),
            shape: shape, segments: segments)
          _ = tape.gradients(of: y, upstream: upstream)
        }, { Limits.multiplyAdd() },
      ])
    let pairs = Double(documents) * Double(length) * Double(length + 1) / 2
    let forward = 4e-9 * Double(shape.heads * shape.head) * pairs
    let limit =
      Limits.multiplyAddWork > 0
      ? [("multiply-adds", 1e-9 * Limits.multiplyAddWork, seconds[2])] : []
    let extents = "\(documents) × \(length) tokens"
    return [
      Figure(
        "attention forward \(extents)", "GFLOP/s", work: forward, seconds: seconds[0],
        references: limit),
      Figure(
        "attention both passes \(extents)", "GFLOP/s", work: 3 * forward, seconds: seconds[1],
        references: limit),
    ]
  }
}
