package import Autodiff
package import NN
import TensorCore

extension DecoderLM {
  /// The summed cross-entropy over the documents' targets, nats; the head sees predicting rows only.
  ///
  /// - Precondition: There is a target.
  package func summedLoss(
    _ documents: PackedDocuments, entering prefix: FrozenPrefix? = nil, in context: ForwardContext
  ) -> Variable<Float> {
    output(in: context).crossEntropy(
      predictingStates(documents, entering: prefix, in: context), targets: documents.targets)
  }

  /// The cross-entropy of each of the documents' targets, `[targets]`, nats.
  ///
  /// - Precondition: There is a target.
  package func targetLosses(
    _ documents: PackedDocuments, entering prefix: FrozenPrefix? = nil, in context: ForwardContext
  ) -> Variable<Float> {
    output(in: context).crossEntropyRows(
      predictingStates(documents, entering: prefix, in: context), targets: documents.targets)
  }

  private func predictingStates(
    _ documents: PackedDocuments, entering prefix: FrozenPrefix?, in context: ForwardContext
  ) -> Variable<Float> {
    let states =
      prefix.map { hidden(entering: $0.blocks, Variable($0.states), in: context) }
      ?? hidden(documents.ids, in: context)
    return states.gatheringRows(documents.predictingRows)
  }
}
