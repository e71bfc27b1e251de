/// What a run learns from: rows by number, each some documents side by side.
///
/// A row of a dataset is one document; a window of running text is the pieces of documents that it covers.
package protocol ExampleSource {
  /// How many rows there are.
  var rowCount: Int { get }

  /// The documents of row `index`, from 0.
  ///
  /// - Throws: `IOFailure` where rows are read from a file.
  func examples(ofRow index: Int) throws -> [Example]
}

extension ExampleSource {
  /// How many tokens each row has.
  ///
  /// - Throws: `IOFailure` where rows are read from a file.
  package func lengths() throws -> [Int] {
    try (0..<rowCount).map { try examples(ofRow: $0).reduce(0) { $0 + $1.ids.count } }
  }
}

/// Examples in memory.
package struct ExampleList: ExampleSource {
  package let examples: [Example]

  package init(_ examples: [Example]) { self.examples = examples }

  package var rowCount: Int { examples.count }
  package func examples(ofRow index: Int) -> [Example] { [examples[index]] }
}
