import CKernels
import ModelFiles
import TensorCore

/// Some tiles of a projection: a piece of work for one thread.
struct ProjectionPiece {
  let kind: ck_weight
  let tiles: UnsafeRawPointer
  let bias: UnsafePointer<Float>?
  /// Outputs of these tiles, and the first one's column in the row of all outputs.
  let outputs: Int
  let column: Int
}

/// Projections that share their input, and how their product is cut into pieces of work.
struct ProjectionWeights {
  let inputs: Int
  private(set) var outputs = 0
  private(set) var pieces: [ProjectionPiece] = []
  private(set) var members: [(matrix: TiledMatrix, column: Int, bias: UnsafePointer<Float>?)] = []

  init(inputs: Int) { self.inputs = inputs }

  mutating func append(_ matrix: TiledMatrix, bias: UnsafePointer<Float>?) {
    members.append((matrix, outputs, bias))
    outputs += matrix.outputs
  }

  /// Cuts the tiles so that each of `threads` gets several pieces.
  mutating func cut(_ arena: WeightArena, threads: Int) {
    let total = members.reduce(0) { $0 + $1.matrix.tileCount }
    let step = max(1, (total + 6 * threads - 1) / (6 * threads))
    pieces = members.flatMap { matrix, column, bias in
      stride(from: 0, to: matrix.tileCount, by: step).map { tile in
        ProjectionPiece(
          kind: matrix.kind, tiles: arena.start + matrix.offset + tile * matrix.tileBytes,
          bias: bias.map { $0 + tile * 16 }, outputs: min(step * 16, matrix.outputs - tile * 16),
          column: column + tile * 16)
      }
    }
  }
}

/// The weights of one block.
struct LayerWeights {
  var attentionNorm: UnsafePointer<Float>
  var feedForwardNorm: UnsafePointer<Float>
  var queryNorm: UnsafePointer<Float>?
  var keyNorm: UnsafePointer<Float>?
  /// By `ProjectionGroup.rawValue`.
  var groups: [ProjectionWeights]
}

/// All weights of a model, and where they are.
struct ServingWeights {
  let layers: [LayerWeights]
  let norm: UnsafePointer<Float>
  let embedding: TiledMatrix
  let head: ProjectionWeights
  let arena: WeightArena

  /// Reads the weights of a model that was checked; `quantises` those that are not in blocks, except for a table of
  /// embeddings that is not the head's too.
  init(
    _ c: TransformerConfiguration, _ source: any TensorSource, quantises: Bool, pool: ThreadPool
  ) throws {
    let arena = WeightArena()
    func place(_ name: String, quantises: Bool) throws -> TiledMatrix {
      try arena.place(source.required(name), quantises: quantises, source)
    }
    func vector(_ name: String) throws -> UnsafePointer<Float> {
      try arena.vector(name, source)
    }
    var layers = try (0..<c.layerCount).map { index in
      let path = "model.layers.\(index)"
      let groups = try ProjectionGroup.allCases.map { group in
        var weights = ProjectionWeights(inputs: group.members[0].shape(c).inputs)
        for projection in group.members {
          let name = "\(path).\(projection.path)"
          let bias = source.tensor(named: "\(name).bias") == nil ? nil : try vector("\(name).bias")
          weights.append(try place("\(name).weight", quantises: quantises), bias: bias)
        }
        return weights
      }
      return LayerWeights(
        attentionNorm: try vector("\(path).input_layernorm.weight"),
        feedForwardNorm: try vector("\(path).post_attention_layernorm.weight"),
        queryNorm: c.queryKeyNorm ? try vector("\(path).self_attn.q_norm.weight") : nil,
        keyNorm: c.queryKeyNorm ? try vector("\(path).self_attn.k_norm.weight") : nil,
        groups: groups)
    }
    norm = try vector("model.norm.weight")
    embedding = try place("model.embed_tokens.weight", quantises: quantises && c.tiesEmbeddings)
    var head = ProjectionWeights(inputs: c.hiddenSize)
    head.append(
      c.tiesEmbeddings ? embedding : try place("lm_head.weight", quantises: quantises), bias: nil)
    try arena.pack(from: source, on: pool)
    for layer in layers.indices {
      for group in layers[layer].groups.indices {
        layers[layer].groups[group].cut(arena, threads: pool.threadCount)
      }
    }
    head.cut(arena, threads: pool.threadCount)
    (self.layers, self.head, self.arena) = (layers, head, arena)
  }

  /// The weight of one projection, and its bias.
  func weight(_ layer: Int, _ projection: Projection) -> (
    matrix: TiledMatrix, bias: UnsafePointer<Float>?
  ) {
    let (group, place) = projection.place
    let member = layers[layer].groups[group.rawValue].members[place]
    return (member.matrix, member.bias)
  }
}
