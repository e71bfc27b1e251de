import Autodiff
import NN
import TensorCore

/// The cross-entropy of documents under a model: a forward pass without padding and without a tape.
///
/// Consecutive documents are computed side by side. How they are put together depends on their lengths
/// alone, so that the same documents give the same bits at any number of threads.
package struct LossEvaluator {
  /// Token ids, and for each position what it should be: -100 where nothing is asked.
  package typealias Document = (ids: [Int32], labels: [Int32])
  /// The summed loss of a document in nats, and how many tokens it is the loss of.
  package typealias Loss = (nats: Double, tokens: Int)

  /// The label of a position that nothing is asked of.
  private static let ignored: Int32 = -100

  package let model: DecoderLM
  package let tokensPerBatch: Int

  /// - Parameter tokensPerBatch: Documents are added to a batch up to this many tokens; a longer one
  ///   makes a batch of its own.
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
    let parts = documents.map(Part.init)
    var result: [Loss] = []
    while result.count < parts.count {
      let batch = batch(of: parts[result.count...])
      result += losses(batch)
      if !proceed(result.count) { break }
    }
    return result
  }

  private func batch(of parts: ArraySlice<Part>) -> ArraySlice<Part> {
    var tokens = 0
    let end = parts.firstIndex { part in
      tokens += part.inputs.count
      return tokens > tokensPerBatch && part.inputs.count < tokens
    }
    return parts[..<(end ?? parts.endIndex)]
  }

  private func losses(_ batch: ArraySlice<Part>) -> [Loss] {
    let asked = batch.filter { !$0.inputs.isEmpty }
    guard !asked.isEmpty else { return batch.map { _ in (0, 0) } }
    let context = model.context(DocumentSegments(lengths: asked.map(\.inputs.count)))
    let hidden = model.hidden(asked.flatMap(\.inputs), in: context).value
    var (rows, targets): ([Int32], [Int32]) = ([], [])
    var start: Int32 = 0
    for part in asked {
      rows += part.rows.map { start + $0 }
      targets += part.targets
      start += Int32(part.inputs.count)
    }
    let losses = LinearCrossEntropy(
      hidden: hidden.gatheringRows(rows), weight: model.headWeight(in: context).value,
      targets: targets
    ).run(hiddenGradient: false, weightGradient: false).losses.scalars
    var next = 0
    return batch.map { part in
      let own = losses[next..<(next + part.targets.count)]
      next = own.endIndex
      return (own.reduce(0) { $0 + Double($1) }, own.count)
    }
  }

  /// What of a document has to be computed: everything before its last target.
  private struct Part {
    var inputs: [Int32] = []
    /// The inputs that something is predicted from, and what that is.
    var rows: [Int32] = []
    var targets: [Int32] = []

    init(_ document: Document) {
      require(
        document.ids.count == document.labels.count,
        "LossEvaluator: \(document.ids.count) ids with \(document.labels.count) labels")
      for (place, label) in document.labels.enumerated().dropFirst() where label != ignored {
        rows.append(Int32(place - 1))
        targets.append(label)
      }
      guard let last = rows.last else { return }
      inputs = Array(document.ids[...Int(last)])
    }
  }
}
