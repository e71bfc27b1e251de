import Adapters
package import ModelFiles
package import Models
import NN
import TensorCore

/// How much memory a run will take at its peak, before it starts.
///
/// The peak is that of a pass: what is there anyway, gradients and moments, and the tensors that blocks keep for
/// the backward pass, each as large as the pool makes it. What is there anyway is read from the system once the
/// model is loaded, with code, rows and tokenizer, or else computed.
package struct MemoryForecast: Sendable {
  /// A block that keeps something for the backward pass.
  package struct Block: Sendable, Equatable {
    /// The projections whose input is kept, by the ends of their names, such as `q_proj`.
    package var adapted: Set<String>
    /// The sum of the ranks of its adapters.
    package var ranks: Int

    package init(adapted: Set<String>, ranks: Int) {
      (self.adapted, self.ranks) = (adapted, ranks)
    }

    static let projections: Set = [
      "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    ]
  }

  package let model: TransformerConfiguration
  package let precision: Precision
  /// How many numbers are trained.
  package let trainedCount: Int
  package let hasDropout: Bool
  /// Whether every adapted projection's product is kept beside its scaled copy, as DoRA does.
  package var hasMagnitudes = false
  /// The blocks from the first one in which something learns.
  package var blocks: [Block]
  /// Whether the trained numbers are none of the model's own.
  private let hasAdapter: Bool
  /// What the process has resident with the weights and the adapter in place; nil where it is not known.
  package var present: Int?

  /// The forecast of training every block: all of it where `rank` is 0, or adapters of all its projections.
  package init(
    model: TransformerConfiguration, precision: Precision, trainedCount: Int, rank: Int,
    hasDropout: Bool
  ) {
    (self.model, self.precision, self.trainedCount) = (model, precision, trainedCount)
    (self.hasDropout, hasAdapter) = (hasDropout, rank > 0)
    let block = Block(adapted: Block.projections, ranks: Block.projections.count * rank)
    blocks = Array(repeating: block, count: model.layerCount)
  }

  /// The forecast of training `trained`.
  package init(
    model: TransformerConfiguration, precision: Precision, training trained: any TrainedWeights
  ) {
    let adapter = trained as? LoRAAdapter
    self.init(
      model: model, precision: precision,
      trainedCount: trained.parameters.reduce(0) { $0 + $1.parameter.value.count },
      rank: adapter == nil ? 0 : 1, hasDropout: trained.dropout > 0)
    guard let adapter else { return }
    hasMagnitudes = adapter.configuration.usesDoRA
    blocks = (adapter.firstLayer..<max(model.layerCount, adapter.firstLayer)).map { number in
      let layers = adapter.layers.filter { $0.path.contains(".layers.\(number).") }
      return Block(
        adapted: Set(layers.compactMap { $0.path.split(separator: ".").last.map(String.init) }),
        ranks: layers.reduce(0) { $0 + $1.layer.down.value.shape[0] })
    }
  }

  private static let float = MemoryLayout<Float>.stride
  /// The process, its code and its tokenizer, where nobody looked; OpenBLAS's buffers.
  private static let process = 48 << 20
  /// What comes to a process that is there already: code that has not run yet, and OpenBLAS's buffers.
  private static let toCome = 8 << 20

  /// The base's weights, and the second layout that bf16 keeps of the output layer.
  package var weightBytes: Int {
    let numbers = DecoderLM.parameterCount(model)
    let table = model.vocabularySize * model.hiddenSize
    return Self.float * (numbers + (precision == .bf16 && model.tiesEmbeddings ? table : 0))
  }

  /// The gradients of all trained numbers.
  package var gradientBytes: Int { Self.float * trainedCount }

  /// What is there before the first step, moments included.
  private var restingBytes: Int {
    let own = hasAdapter ? gradientBytes : 0
    return (present.map { $0 + Self.toCome } ?? weightBytes + own + Self.process)
      + 2 * gradientBytes
  }

  /// What `numbers` numbers take.
  private func bytes(_ numbers: Int) -> Int {
    numbers == 0 ? 0 : StoragePool.classSize(Self.float * numbers)
  }

  /// What a block keeps of a pass over `tokens` tokens.
  private func keptBytes(_ block: Block, tokens: Int) -> Int {
    let (hidden, inner) = (model.hiddenSize, model.intermediateSize)
    let (queries, keys) = (
      model.headCount * model.headDimension, model.keyValueHeadCount * model.headDimension
    )
    func keeps(_ names: String...) -> Bool { names.contains { block.adapted.contains($0) } }
    // Both residual sums; rotated queries and keys, values, and what attention made of them; gate and up.
    var widths = [hidden, hidden, queries, keys, keys, queries, model.headCount, inner, inner]
    if hasDropout {
      let inputs = [
        ("q_proj", hidden), ("k_proj", hidden), ("v_proj", hidden), ("o_proj", queries),
        ("gate_proj", hidden), ("up_proj", hidden), ("down_proj", inner),
      ]
      widths += inputs.filter { block.adapted.contains($0.0) }.map(\.1)
    } else {
      // The inputs of what learns: both norms' results, and the gated product.
      if keeps("q_proj", "k_proj", "v_proj") { widths.append(hidden) }
      if keeps("gate_proj", "up_proj") { widths.append(hidden) }
      if keeps("down_proj") { widths.append(inner) }
    }
    if hasMagnitudes {
      // The products before they are scaled; half of that again stays in the pool, as was measured.
      widths += [hidden, hidden, queries, keys, keys, inner, inner, inner, inner]
    }
    return widths.reduce(0) { $0 + bytes(tokens * $1) } + Self.float * tokens * block.ranks
  }

  /// What a pass over `tokens` tokens adds, logits included.
  package func activationBytes(tokens: Int, recomputes: Bool) -> Int {
    var kept = blocks.reduce(0) { $0 + keptBytes($1, tokens: tokens) }
    if recomputes {
      let largest = blocks.map { keptBytes($0, tokens: tokens) }.max() ?? 0
      kept = blocks.count * bytes(tokens * model.hiddenSize) + largest
    }
    // The gradients that are under way in one block.
    let passing = 3 * bytes(tokens * model.intermediateSize) + 2 * bytes(tokens * model.hiddenSize)
    return kept + passing + bytes(model.vocabularySize * min(tokens, Self.headRows))
  }

  /// Rows whose logits are held at a time.
  private static let headRows = 256

  /// What a validation over batches of `tokens` tokens adds: nothing is kept but what is under way.
  private func validationBytes(tokens: Int) -> Int {
    3 * bytes(tokens * model.intermediateSize) + 4 * bytes(tokens * model.hiddenSize)
      + bytes(model.vocabularySize * min(tokens, Self.headRows))
  }

  /// The peak of a run.
  ///
  /// - Parameters:
  ///   - tokensPerPass: Tokens that are computed at a time.
  ///   - recomputes: Whether blocks keep their input only.
  ///   - isOnePass: Whether a step is one pass.
  ///   - validationTokens: Tokens of the largest batch of a validation.
  /// - Returns: Bytes.
  package func peakBytes(
    tokensPerPass: Int, recomputes: Bool, isOnePass: Bool = false, validationTokens: Int = 0
  ) -> Int {
    // The gradients of a pass and, where a step has several, of the step.
    let pass =
      gradientBytes * (isOnePass ? 1 : 2)
      + activationBytes(tokens: tokensPerPass, recomputes: recomputes)
    return restingBytes + max(pass, validationBytes(tokens: validationTokens))
  }

  /// How a run fits in a limit.
  package struct Fit: Sendable, Equatable {
    package var tokensPerPass: Int
    package var recomputes: Bool

    package init(tokensPerPass: Int, recomputes: Bool) {
      (self.tokensPerPass, self.recomputes) = (tokensPerPass, recomputes)
    }
  }

  /// The largest passes that stay a tenth below `limit`, recomputing where that alone makes them fit.
  ///
  /// Rows of different lengths leave blocks unused here and there: the tenth is theirs.
  ///
  /// - Parameters:
  ///   - limit: Bytes.
  ///   - usual: Tokens of a pass where memory does not matter.
  ///   - longest: Tokens of the longest row, which no pass can cut.
  ///   - recomputes: Whether recomputation was asked for anyway.
  /// - Returns: nil when nothing fits.
  package func fit(limit: Int, usual: Int, longest: Int, recomputes: Bool) -> Fit? {
    for again in recomputes ? [true] : [false, true] {
      var tokens = max(usual, longest)
      while true {
        if peakBytes(tokensPerPass: tokens, recomputes: again) <= limit - limit / 10 {
          return Fit(tokensPerPass: tokens, recomputes: again)
        }
        if tokens <= longest { break }
        tokens = max(tokens - max(tokens / 8, 1), longest)
      }
    }
    return nil
  }
}
