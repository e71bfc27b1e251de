package import Autodiff
package import NN
import TensorCore

/// Documents side by side in one row of tokens, without padding, and what is to be predicted in them.
package struct PackedDocuments: Sendable, Equatable {
  /// A label that asks for nothing.
  package static let ignored: Int32 = -100

  package let ids: [Int32]
  package let segments: DocumentSegments
  /// The rows of hidden states that predict something, and the token that each should predict.
  package let predictingRows: [Int32]
  package let targets: [Int32]

  /// Documents with labels aligned to their own tokens, as in Hugging Face's data: the label at `i` is
  /// predicted from the tokens before `i`.
  ///
  /// - Precondition: No document is empty, and ids and labels have the same length.
  package init(_ documents: [(ids: [Int32], labels: [Int32])]) {
    segments = DocumentSegments(lengths: documents.map(\.ids.count))
    ids = documents.flatMap(\.ids)
    var rows: [Int32] = []
    var targets: [Int32] = []
    for (start, document) in zip(segments.starts, documents) {
      require(
        document.ids.count == document.labels.count,
        "PackedDocuments: \(document.ids.count) ids and \(document.labels.count) labels")
      for place in document.labels.indices.dropFirst()
      where document.labels[place] != Self.ignored {
        rows.append(Int32(start + place - 1))
        targets.append(document.labels[place])
      }
    }
    predictingRows = rows
    self.targets = targets
  }
}

extension DecoderLM {
  /// The summed cross-entropy over the documents' targets, nats; the head sees predicting rows only.
  package func summedLoss(_ documents: PackedDocuments, in context: ForwardContext)
    -> Variable<Float>
  {
    hidden(documents.ids, in: context).gatheringRows(documents.predictingRows)
      .linearCrossEntropy(weight: headWeight(in: context), targets: documents.targets)
  }
}
