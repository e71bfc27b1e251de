package import TensorCore

/// The rows that one step computes for one sequence.
package struct SequenceRows {
  /// What is wanted of the rows beside their keys and values.
  package enum Outputs: Sendable, Equatable {
    case none
    /// The logits after the last row.
    case last
    /// The logits after every row.
    case all
    /// The normalised last hidden states of every row.
    case hidden
  }

  /// At least one, each below the vocabulary's size.
  package var tokens: [Int32]
  /// Its length is the position of the first token; has room reserved for all.
  package var cache: PagedSequence
  /// Nil for the base alone.
  package var adapter: ServingAdapter?
  package var outputs: Outputs

  package init(
    _ tokens: [Int32], cache: PagedSequence, adapter: ServingAdapter? = nil,
    outputs: Outputs = .last
  ) {
    (self.tokens, self.cache, self.adapter, self.outputs) = (tokens, cache, adapter, outputs)
  }
}

/// What a step computed beside keys and values.
package struct StepOutput: Sendable {
  /// The logits of the rows that want them, in the order of the sequences and their rows:
  /// `[wanted, vocabulary]`.
  package let logits: Tensor<Float>
  /// The normalised last hidden states of the rows that want them: `[wanted, hiddenSize]`.
  package let hidden: Tensor<Float>
}
