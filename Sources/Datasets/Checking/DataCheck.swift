package import SafeIO

/// All splits of a dataset, and what they have in common that they should not.
package struct DataCheck: Sendable {
  /// Rows of one split that another one has too.
  package struct Overlap: Sendable, Equatable {
    /// The split whose rows are known elsewhere, and the one that knows them.
    package var split: String
    package var other: String
    package var exact: RowOverlap
    package var near: NearOverlap

    package var count: Int { exact.count + near.count }

    package init(of split: CheckedSplit, with other: CheckedSplit) {
      self.split = split.name
      self.other = other.name
      exact = RowOverlap(of: split.rows, with: other.rows)
      near = NearOverlap(of: split.rows, with: other.rows)
    }
  }

  package let splits: [CheckedSplit]
  /// Every split with each one before it.
  package let overlaps: [Overlap]

  package init(_ splits: [CheckedSplit]) {
    self.splits = splits
    overlaps = splits.indices.flatMap { later in
      splits.indices.prefix(later).map { Overlap(of: splits[later], with: splits[$0]) }
    }
  }

  /// The account of all splits together.
  package var account: DataAccount {
    splits.reduce(DataAccount()) { $0.adding($1.account) }
  }

  package var problemCount: Int { splits.reduce(0) { $0 + $1.problemCount } }

  /// Throws what is wrong with any split, the first one first.
  package func requireUsable(maxLength: Int) throws(DatasetError) {
    for split in splits { try split.requireUsable(maxLength: maxLength) }
  }

  package var json: JSONObject {
    var splits = JSONObject()
    for split in self.splits { splits[split.name] = split.json }
    var object = JSONObject()
    object["splits"] = JSON(splits)
    object["account"] = account.json
    object["overlaps"] = JSON(
      overlaps.map { overlap in
        [
          "split": JSON(overlap.split), "with": JSON(overlap.other),
          "exact": JSON(overlap.exact.count), "near": JSON(overlap.near.count),
          "exact_rows": JSON(overlap.exact.examples.map(\.json)),
          "near_rows": JSON(
            overlap.near.examples.map {
              [$0.first.json, $0.second.json, JSON($0.similarity)]
            }),
        ]
      })
    return object
  }
}
