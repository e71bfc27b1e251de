package import ModelFiles

/// The projections of a block that adapters change, in the order of the computation.
package enum Projection: Int, CaseIterable, Sendable {
  case query, key, value, output, gate, up, down

  /// The path in a block, as Hugging Face names it.
  package var path: String {
    switch self {
    case .query: "self_attn.q_proj"
    case .key: "self_attn.k_proj"
    case .value: "self_attn.v_proj"
    case .output: "self_attn.o_proj"
    case .gate: "mlp.gate_proj"
    case .up: "mlp.up_proj"
    case .down: "mlp.down_proj"
    }
  }

  /// The extents of the weight.
  package func shape(_ c: TransformerConfiguration) -> (outputs: Int, inputs: Int) {
    let queries = c.headCount * c.headDimension
    let keys = c.keyValueHeadCount * c.headDimension
    return switch self {
    case .query: (queries, c.hiddenSize)
    case .key, .value: (keys, c.hiddenSize)
    case .output: (c.hiddenSize, queries)
    case .gate, .up: (c.intermediateSize, c.hiddenSize)
    case .down: (c.hiddenSize, c.intermediateSize)
    }
  }
}

extension Projection {
  /// The group that it belongs to, and its place there.
  var place: (group: ProjectionGroup, member: Int) {
    switch self {
    case .query: (.attention, 0)
    case .key: (.attention, 1)
    case .value: (.attention, 2)
    case .output: (.output, 0)
    case .gate: (.gates, 0)
    case .up: (.gates, 1)
    case .down: (.down, 0)
    }
  }
}

/// Projections that share their input, so that their outputs stand side by side in one row.
enum ProjectionGroup: Int, CaseIterable {
  case attention, output, gates, down

  var members: [Projection] {
    switch self {
    case .attention: [.query, .key, .value]
    case .output: [.output]
    case .gates: [.gate, .up]
    case .down: [.down]
    }
  }
}
