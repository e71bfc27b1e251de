import Autodiff
import NN
import TensorCore

/// The cross-entropy of documents under a model: a forward pass without padding and without a tape.
///
/// Consecutive documents are computed side by side. How they are put together depends on their lengths
/// alone, so that the same documents give the same bits at any number of threads.
package struct LossEvaluator {
  package typealias Document = PackedDocuments.Document
  /// The summed loss of a document in nats, and how many tokens it is the loss of.
  package typealias Loss = (nats: Double, tokens: Int)

  package let model: DecoderLM
  package let tokensPerBatch: Int

  /// An evaluator of `model`.
  ///
  /// - Parameters:
  ///   - model: The model, with whatever adapters are switched on.
  ///   - tokensPerBatch: Documents are added to a batch up to this many tokens; a longer one makes a
  ///     batch of its own.
  package init(model: DecoderLM, tokensPerBatch: Int = 2048) {
    (self.model, self.tokensPerBatch) = (model, tokensPerBatch)
  }

  /// The loss of each document, in order.
  ///
  /// Position `i` is predicted from the positions before it, so that the label of position 0 is never
  /// asked.
  ///
  /// - Parameters:
  ///   - documents: As many labels as ids; both below the size of the vocabulary.
  ///   - proceed: Called after each batch with the number of documents that are done; false stops.
  /// - Returns: One loss a document, fewer if `proceed` stopped the pass.
  package func losses(
    _ documents: [Document], proceed: (_ completed: Int) -> Bool = { _ in true }
  ) -> [Loss] {
    var result: [Loss] = []
    for pack in PackedDocuments.packs(documents, tokens: tokensPerBatch) {
      result += losses(PackedDocuments(pack))
      if !proceed(result.count) { break }
    }
    return result
  }

  private func losses(_ documents: PackedDocuments) -> [Loss] {
    guard !documents.targets.isEmpty else { return documents.targetCounts.map { _ in (0, 0) } }
    let context = model.context(documents.segments)
    let losses = model.output(in: context).losses(
      model.hidden(documents.ids, in: context).value.gatheringRows(documents.predictingRows),
      targets: documents.targets)
    var next = 0
    return documents.targetCounts.map { count in
      defer { next += count }
      return (losses[next..<next + count].reduce(0) { $0 + Double($1) }, count)
    }
  }
}
