import CKernels
import ModelFiles
import TensorCore

/// One step: the rows of its sequences, layer by layer.
struct ServingStep {
  let model: ServingModel
  let sequences: [SequenceRows]
  let workspace: StepWorkspace
  /// The first row of each sequence, and the number of all.
  let starts: [Int]
  let rows: Int
  /// Rows with an adapter.
  let adapted: [(row: Int, adapter: ServingAdapter)]

  var c: TransformerConfiguration { model.configuration }
  var isFast: Bool { model.numerics == .fast }

  init(_ model: ServingModel, _ sequences: [SequenceRows], _ workspace: StepWorkspace) {
    (self.model, self.sequences, self.workspace) = (model, sequences, workspace)
    var starts: [Int] = []
    var adapted: [(Int, ServingAdapter)] = []
    var row = 0
    for sequence in sequences {
      starts.append(row)
      if let adapter = sequence.adapter {
        for index in row..<row + sequence.tokens.count { adapted.append((index, adapter)) }
      }
      row += sequence.tokens.count
    }
    (self.starts, rows, self.adapted) = (starts, row, adapted)
  }

  func run() -> StepOutput {
    embed()
    let attention = StepAttention(self)
    for (index, layer) in model.weights.layers.enumerated() {
      enter(norm: layer.attentionNorm, adding: index > 0)
      project(layer, index, .attention, into: workspace.output)
      attention.run(layer, index)
      quantise(width: layer.groups[ProjectionGroup.output.rawValue].inputs)
      project(layer, index, .output, into: workspace.addition)
      enter(norm: layer.feedForwardNorm, adding: true)
      project(layer, index, .gates, into: workspace.output)
      activate()
      project(layer, index, .down, into: workspace.addition)
    }
    return finish()
  }

  /// The embeddings of all tokens, those of an adapter's own tokens for its sequences.
  private func embed() {
    let table = model.weights.embedding
    for (sequence, start) in zip(sequences, starts) {
      let own = sequence.adapter?.embeddingRows
      for (index, token) in sequence.tokens.enumerated() {
        let row = workspace.stream + (start + index) * table.inputs
        if own?.write(token, to: row) != true {
          table.unpackRow(Int(token), model.weights.arena, into: row)
        }
      }
    }
  }

  /// Adds what the last projection gave to the stream, normalises it, and quantises that.
  private func enter(norm: UnsafePointer<Float>, adding: Bool) {
    let (table, size) = (model.kernels.table, c.hiddenSize)
    let (bytes, epsilon) = (ck_row_bytes(size), Float(c.normEpsilon))
    model.pool.forEachRange(rows, grain: grain) {
      for row in $0 {
        let input = workspace.input + row * size
        table.add_norm(
          workspace.stream + row * size, adding ? workspace.addition + row * size : nil, norm,
          size, epsilon, input)
        if isFast { table.quantise(input, size, workspace.quantised + row * bytes) }
      }
    }
  }

  /// Quantises the input of the next projection.
  private func quantise(width: Int) {
    guard isFast else { return }
    let (table, bytes) = (model.kernels.table, ck_row_bytes(width))
    model.pool.forEachRange(rows, grain: grain) {
      for row in $0 {
        table.quantise(workspace.input + row * width, width, workspace.quantised + row * bytes)
      }
    }
  }

  /// `silu(gate) · up`, quantised.
  private func activate() {
    let (table, width) = (model.kernels.table, c.intermediateSize)
    let bytes = ck_row_bytes(width)
    model.pool.forEachRange(rows, grain: grain) {
      for row in $0 {
        let gate = workspace.output + row * 2 * width
        let input = workspace.input + row * width
        table.swiglu(gate, gate + width, width, input)
        if isFast { table.quantise(input, width, workspace.quantised + row * bytes) }
      }
    }
  }

  /// Rows of small work that one thread takes at a time; a few are not worth another thread's attention.
  private var grain: Int { rows <= 4 ? rows : max(2, rows / (4 * model.pool.threadCount)) }

  private func project(
    _ layer: LayerWeights, _ index: Int, _ group: ProjectionGroup,
    into output: UnsafeMutablePointer<Float>
  ) {
    let weights = layer.groups[group.rawValue]
    multiply(weights, rows: rows, into: output)
    addUpdates(index, group, inputs: weights.inputs, outputs: weights.outputs, to: output)
  }

  /// The product of the input's rows with all members of a group, side by side.
  func multiply(_ weights: ProjectionWeights, rows: Int, into output: UnsafeMutablePointer<Float>) {
    let (table, inputs, width, isFast) = (
      model.kernels.table, weights.inputs, weights.outputs, isFast
    )
    let (input, quantised) = (
      UnsafeRawPointer(workspace.input), UnsafeRawPointer(workspace.quantised)
    )
    weights.pieces.withUnsafeBufferPointer { pieces in
      model.pool.forEach(pieces.count) { index in
        let piece = pieces[index]
        let isInteger = isFast && piece.kind.rawValue > CK_WEIGHT_BF16.rawValue
        var call = ck_product(
          rows: rows, k: inputs, x: isInteger ? quantised : input, ldx: inputs, tiles: piece.tiles,
          outputs: piece.outputs, bias: piece.bias, y: output + piece.column, ldy: width)
        if isInteger {
          table.multiply(piece.kind, &call)
        } else {
          table.multiply_exact(piece.kind, &call)
        }
      }
    }
  }

  /// Adds each adapted row's low-rank updates.
  private func addUpdates(
    _ layer: Int, _ group: ProjectionGroup, inputs: Int, outputs: Int,
    to output: UnsafeMutablePointer<Float>
  ) {
    guard !adapted.isEmpty else { return }
    let table = model.kernels.table
    model.pool.forEach(adapted.count) { index in
      let (row, adapter) = adapted[index]
      adapter.addUpdates(
        layer: layer, group: group, input: workspace.input + row * inputs,
        output: output + row * outputs, model: c, table)
    }
  }

  /// The last norm, and the head where it is wanted.
  private func finish() -> StepOutput {
    var logitRows: [Int] = []
    var hiddenRows: [Int] = []
    var replaced: [(row: Int, rows: ServingTokenRows)] = []
    for (sequence, start) in zip(sequences, starts) {
      let all = start..<start + sequence.tokens.count
      let first = logitRows.count
      switch sequence.outputs {
      case .none: break
      case .last: logitRows.append(all.upperBound - 1)
      case .all: logitRows += all
      case .hidden: hiddenRows += all
      }
      if let own = sequence.adapter?.headRows {
        replaced += (first..<logitRows.count).map { ($0, own) }
      }
    }
    let hidden = Tensor<Float>(shape: [hiddenRows.count, c.hiddenSize]) {
      normalise(hiddenRows, into: $0)
    }
    let logits = Tensor<Float>(shape: [logitRows.count, c.vocabularySize]) { logits in
      if logitRows.isEmpty { return }
      normalise(logitRows, into: workspace.input)
      if isFast {
        let bytes = ck_row_bytes(c.hiddenSize)
        for row in logitRows.indices {
          model.kernels.table.quantise(
            workspace.input + row * c.hiddenSize, c.hiddenSize, workspace.quantised + row * bytes)
        }
      }
      multiply(model.weights.head, rows: logitRows.count, into: logits)
      model.pool.forEach(replaced.count) {
        let (row, own) = replaced[$0]
        own.score(
          workspace.input + row * c.hiddenSize, into: logits + row * c.vocabularySize,
          model.kernels.table)
      }
    }
    return StepOutput(logits: logits, hidden: hidden)
  }

  private func normalise(_ rows: [Int], into output: UnsafeMutablePointer<Float>) {
    let size = c.hiddenSize
    for (index, row) in rows.enumerated() {
      model.kernels.table.add_norm(
        workspace.stream + row * size, workspace.addition + row * size, model.weights.norm, size,
        Float(c.normEpsilon), output + index * size)
    }
  }
}
