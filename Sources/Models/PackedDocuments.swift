package import Autodiff
import TensorCore

/// Documents side by side in one row of tokens, without padding, and what is to be predicted in them.
package struct PackedDocuments: Sendable, Equatable {
  /// Token ids, and for each position what it should be: -100 where nothing is asked.
  package typealias Document = (ids: [Int32], labels: [Int32])

  /// The label of a position that nothing is asked of.
  package static let ignored: Int32 = -100

  /// What has to be computed of the documents, each up to its last target.
  package let ids: [Int32]
  package let segments: DocumentSegments
  /// The rows of hidden states that predict something, and the token that each should predict.
  package let predictingRows: [Int32]
  package let targets: [Int32]
  /// How many targets each document has, documents without any included.
  package let targetCounts: [Int]

  /// Documents with labels aligned to their own tokens, as in Hugging Face's data: the label at `i` is
  /// predicted from the tokens before `i`, so that the one at 0 is never asked.
  ///
  /// - Precondition: Ids and labels have the same length.
  package init(_ documents: [Document]) {
    var ids: [Int32] = []
    var lengths: [Int] = []
    var rows: [Int32] = []
    var targets: [Int32] = []
    var counts: [Int] = []
    for document in documents {
      let length = Self.inputCount(document)
      let (start, before) = (ids.count, targets.count)
      for place in document.labels.indices.dropFirst()
      where document.labels[place] != Self.ignored {
        rows.append(Int32(start + place - 1))
        targets.append(document.labels[place])
      }
      counts.append(targets.count - before)
      if length > 0 { lengths.append(length) }
      ids += document.ids[..<length]
    }
    (self.ids, segments) = (ids, DocumentSegments(lengths: lengths))
    (predictingRows, self.targets, targetCounts) = (rows, targets, counts)
  }

  /// How many of a document's tokens have to be computed: those before its last target.
  package static func inputCount(_ document: Document) -> Int {
    require(
      document.ids.count == document.labels.count,
      "PackedDocuments: \(document.ids.count) ids and \(document.labels.count) labels")
    return max(0, document.labels.lastIndex { $0 != ignored } ?? 0)
  }

  /// Consecutive documents put together up to `tokens` tokens to compute; a longer one stands alone.
  package static func packs(_ documents: [Document], tokens: Int) -> [[Document]] {
    packs(documents, tokens: tokens, count: inputCount)
  }

  /// Consecutive units put together up to `tokens` tokens to compute; a longer one stands alone.
  ///
  /// - Parameters:
  ///   - units: What is computed together in any case: a document, or a pair of them.
  ///   - tokens: The most tokens of a pack of several units.
  ///   - count: How many tokens of a unit have to be computed.
  /// - Returns: The units in their order, pack by pack.
  package static func packs<Unit>(_ units: [Unit], tokens: Int, count: (Unit) -> Int) -> [[Unit]] {
    var packs: [[Unit]] = []
    var filled = 0
    for unit in units {
      let count = count(unit)
      if packs.isEmpty || filled + count > tokens && filled > 0 {
        packs.append([])
        filled = 0
      }
      packs[packs.count - 1].append(unit)
      filled += count
    }
    return packs
  }
}
