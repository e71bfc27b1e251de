package import Autodiff
package import NN
package import TensorCore

/// What the first blocks of a model made of documents, where nothing in them learns.
package struct FrozenPrefix {
  /// How many blocks these are.
  package var blocks: Int
  /// The hidden states that enter the next one, `[tokens, hiddenSize]`.
  package var states: Tensor<Float>

  package init(blocks: Int, states: Tensor<Float>) {
    (self.blocks, self.states) = (blocks, states)
  }
}

extension DecoderLM {
  /// How many blocks at the bottom compute the same at every step of a training: those before the first one with
  /// a trained weight, or none where the embedding learns.
  package var frozenBlocks: Int {
    if embedding.weight.isTrainable || embedding.replaced != nil { return 0 }
    return blocks.firstIndex { block in
      block.parameters.contains { $0.parameter.isTrainable }
    } ?? blocks.count
  }

  /// The hidden states of one document that enter block `block`, `[ids.count, hiddenSize]`; nothing is recorded.
  ///
  /// A document is computed alone: what stands beside it in a pass would change how products are cut, and on some
  /// processors the last bit.
  ///
  /// - Precondition: There are ids, each below the vocabulary's size.
  package func states(_ ids: [Int32], entering block: Int) -> Tensor<Float> {
    let context = context(DocumentSegments(lengths: [ids.count]))
    var x = embedding(ids, in: context)
    for block in blocks[..<block] { x = block(x, in: context) }
    return x.value
  }

  /// The normalised last hidden states from those that enter block `block`, `[tokens, hiddenSize]`.
  package func hidden(
    entering block: Int, _ states: Variable<Float>, in context: ForwardContext
  ) -> Variable<Float> {
    var x = states
    for block in blocks[block...] { x = block(x, in: context) }
    return norm(x, in: context)
  }
}
