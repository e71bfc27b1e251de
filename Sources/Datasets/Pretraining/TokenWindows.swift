/// Windows of equal length over the documents of a store, end to end.
///
/// Every token that follows another one in its document is predicted in exactly one window. Documents that
/// share a window do not see each other, and each begins again at position 0; one that goes on in the next
/// window goes on there without what came before.
package struct TokenWindows: ExampleSource {
  package let store: TokenStore
  /// Tokens that are computed in a window; the last may have fewer.
  package let length: Int

  /// - Precondition: `length` is at least 1.
  package init(_ store: TokenStore, length: Int) {
    (self.store, self.length) = (store, max(1, length))
  }

  /// How many tokens there are to predict.
  package var targetCount: Int { store.tokenCount - store.ends.count }

  package var rowCount: Int { (targetCount + length - 1) / length }

  package func examples(ofRow index: Int) throws -> [Example] {
    var place = index * length
    let end = min(place + length, targetCount)
    var examples: [Example] = []
    var document = self.document(of: place)
    while place < end {
      // The documents before this one have one token each that is only predicted, and reads nothing.
      let start = place + document
      let stop = min(end + document, store.ends[document] - 1)
      let ids = try store.ids(start..<(stop + 1))
      examples.append(
        Example(
          ids: ids, labels: ids, targetBytes: 0, promptIDs: [], answer: nil,
          sourceLine: document + 1))
      place += stop - start
      document += 1
    }
    return examples
  }

  /// The document that reads target `place`: the first whose targets end beyond it.
  private func document(of place: Int) -> Int {
    var (low, high) = (0, store.ends.count)
    while low < high {
      let middle = (low + high) / 2
      if store.ends[middle] - (middle + 1) > place { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
