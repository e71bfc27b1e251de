package import Datasets

/// A few short rows, with unequal numbers of tokens to learn.
package struct VerificationRows {
  /// Two to four rows.
  package let examples: [Example]

  private static let mostRows = 4
  private static let mostTokens = 256

  /// Short rows among `candidates`, in their order; longer ones are cut where there are too few.
  ///
  /// - Throws: `VerificationError.noRows`.
  init(_ candidates: [Example]) throws(VerificationError) {
    let usable = candidates.filter { $0.supervisedCount > 0 }
    guard let first = usable.first else { throw .noRows }
    var chosen: [Example] = []
    var counts: Set<Int> = []
    for example in usable where example.ids.count <= Self.mostTokens {
      if chosen.count < Self.mostRows, counts.insert(example.supervisedCount).inserted {
        chosen.append(example)
      }
    }
    for example in usable where chosen.count < 2 {
      let part = Self.end(of: example, Self.mostTokens)
      if counts.insert(part.supervisedCount).inserted { chosen.append(part) }
    }
    if chosen.count < 2 { chosen.append(Self.halfLearnt(chosen.first ?? first)) }
    examples = chosen
  }

  /// The shortest rows, for what has to be computed often.
  func shortest(_ count: Int) -> [Example] {
    Array(examples.sorted { $0.ids.count < $1.ids.count }.prefix(count))
  }

  /// The last tokens up to the last that is learnt.
  private static func end(of example: Example, _ count: Int) -> Example {
    let end = (example.labels.lastIndex { $0 != Example.ignored } ?? 0) + 1
    let range = max(0, end - count)..<end
    return Example(
      ids: Array(example.ids[range]), labels: Array(example.labels[range]), targetBytes: 0,
      promptIDs: [], answer: nil, sourceLine: example.sourceLine)
  }

  /// The row with about half of what it asks.
  private static func halfLearnt(_ example: Example) -> Example {
    let asked = example.labels.indices.filter { example.labels[$0] != Example.ignored }
    var result = example
    for place in asked.dropFirst((asked.count + 1) / 2) { result.labels[place] = Example.ignored }
    // One that asks a single token cannot ask less; it asks one more.
    if asked.count == 1 {
      for place in result.ids.indices.dropFirst() where result.labels[place] == Example.ignored {
        result.labels[place] = result.ids[place]
        break
      }
    }
    return result
  }
}

extension Example {
  /// What a model is asked to continue: the tokens before the first that is learnt.
  var question: [Int32] {
    let first = labels.firstIndex { $0 != Example.ignored } ?? 1
    return Array(ids.prefix(max(1, first > 1 ? first : min(8, ids.count / 2))))
  }

  /// Ids and labels.
  var document: (ids: [Int32], labels: [Int32]) { (ids, labels) }
}
