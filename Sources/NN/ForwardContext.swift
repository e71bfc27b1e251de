public import Autodiff
public import TensorCore

/// What a forward pass needs beside its input, the same for every layer.
public struct ForwardContext {
  /// Where operations are recorded; nil for inference.
  package var tape: Tape<Float>?
  /// The rotation of each row's position.
  package var angles: RotaryAngles<Float>
  /// How tokens see each other.
  package var attention: AttentionMode
  /// The seed of this step's dropout masks; nil outside training.
  package var dropoutSeed: UInt64?
  /// Whether blocks keep their input only, and compute the rest again in the backward pass.
  package var recomputesActivations: Bool
  /// Noise on what tokens are looked up to; nil outside training.
  package var embeddingNoise: EmbeddingNoise?

  package init(
    tape: Tape<Float>? = nil, angles: RotaryAngles<Float>, attention: AttentionMode,
    dropoutSeed: UInt64? = nil, recomputesActivations: Bool = false
  ) {
    (self.tape, self.angles, self.attention) = (tape, angles, attention)
    (self.dropoutSeed, self.recomputesActivations) = (dropoutSeed, recomputesActivations)
  }

  /// The same without, or with another, recording.
  package func on(_ tape: Tape<Float>?) -> ForwardContext {
    var context = self
    context.tape = tape
    return context
  }
}

/// How the tokens of a forward pass see each other.
package enum AttentionMode {
  /// Whole documents side by side, each seeing only itself.
  case documents(DocumentSegments)
  /// New tokens that continue what a cache holds.
  case cached(any KeyValueCache)
}

/// Keys and values of tokens that were computed before.
package protocol KeyValueCache: AnyObject {
  /// Appends the rows' keys and values to their sequences and attends over all that each row may see.
  ///
  /// - Parameters:
  ///   - layer: The layer's index.
  ///   - queries: `[rows, heads · head]`, rotated.
  ///   - keys: `[rows, keyValueHeads · head]`, rotated.
  ///   - values: `[rows, keyValueHeads · head]`.
  ///   - shape: The heads.
  /// - Returns: `[rows, heads · head]`.
  func attend(
    layer: Int, queries: Tensor<Float>, keys: Tensor<Float>, values: Tensor<Float>,
    shape: AttentionShape
  ) -> Tensor<Float>
}

/// A layer from `[rows, inputSize]` to `[rows, outputSize]` that others can wrap.
public protocol UnaryLayer: AnyObject {
  /// The columns of its input.
  var inputSize: Int { get }
  /// The columns of its output.
  var outputSize: Int { get }
  /// The layer's weights; paths are relative to the layer.
  var parameters: [NamedParameter] { get }
  /// The layer's output, `[rows, outputSize]`, for an input of `[rows, inputSize]`.
  func callAsFunction(_ input: Variable<Float>, in context: ForwardContext) -> Variable<Float>
}
