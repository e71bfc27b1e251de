package import SafeIO

/// Several datasets that are learnt from together, each as often as its weight says.
package struct DatasetSources: Sendable {
  package struct Source: Sendable, Equatable {
    /// A directory or a file.
    package var path: String
    /// How often a row is visited in an epoch; of 0.5, half of the rows are.
    package var weight: Double

    package init(path: String, weight: Double = 1) {
      self.path = path
      self.weight = weight
    }
  }

  package let sources: [Source]
  package let directories: [DatasetDirectory]

  /// Looks which files there are; reads none of them.
  ///
  /// - Throws: What `DatasetDirectory` throws.
  package init(_ sources: [Source]) throws {
    self.sources = sources
    directories = try sources.map { try DatasetDirectory(path: $0.path) }
  }

  /// The rows of the splits that there are, those of all sources together.
  ///
  /// Rows to train on stand source by source; rows to validate or test on take turns, so that the
  /// first few are of all sources.
  ///
  /// - Parameters:
  ///   - splits: Those that are wanted.
  ///   - validation: The share of each source's training rows that is held back to validate on.
  ///   - seed: Decides which rows these are.
  ///   - maxProblems: How many problems of a split are kept.
  /// - Returns: The splits in the order train, valid, test.
  /// - Throws: A `UserFacingError` for a file that cannot be read.
  package func read(
    _ splits: [DatasetDirectory.Split], validation: Double?, seed: UInt64, maxProblems: Int
  ) throws -> [DatasetDirectory.SplitRows] {
    let parts = try directories.map {
      try $0.read(splits, validation: validation, seed: seed, maxProblems: maxProblems)
    }
    guard parts.count > 1 else { return parts.first ?? [] }
    return DatasetDirectory.Split.allCases.compactMap { split in
      let files = parts.compactMap { $0.first { $0.split == split }?.file }
      guard let first = files.first else { return nil }
      var rows = files.flatMap(\.rows)
      if split != .train { rows = Self.inTurn(files.map(\.rows)) }
      var problems = ProblemList(limit: maxProblems)
      for file in files { problems.add(file.problems) }
      let path = files.count == 1 ? first.path : files.map(\.path).joined(separator: ", ")
      return .init(split: split, file: RowFile(path: path, rows: rows, problems: problems))
    }
  }

  private static func inTurn(_ lists: [[LoadedRow]]) -> [LoadedRow] {
    (0..<(lists.map(\.count).max() ?? 0)).flatMap { place in
      lists.compactMap { place < $0.count ? $0[place] : nil }
    }
  }

  /// The examples of an epoch: each as often as the weight of its source says.
  ///
  /// - Parameters:
  ///   - split: Training rows that this read.
  ///   - seed: Decides which rows the fraction of a weight takes; their position does not.
  /// - Returns: The examples in the order of their rows.
  package func weighted(_ split: CheckedSplit, seed: UInt64) -> [Example] {
    weighted(split.examples, rows: split.exampleRows.map { split.rows[$0] }, seed: seed)
  }

  /// The same for the pairs of preference rows.
  package func weightedPairs(_ split: CheckedSplit, seed: UInt64) -> [PreferencePair] {
    weighted(split.pairs, rows: split.pairRows.map { split.rows[$0] }, seed: seed)
  }

  private func weighted<Element>(_ elements: [Element], rows: [LoadedRow], seed: UInt64)
    -> [Element]
  {
    guard sources.contains(where: { $0.weight != 1 }) else { return elements }
    var visits = [Int](repeating: 0, count: elements.count)
    for (source, directory) in zip(sources, directories) {
      let file = directory.file(of: .train)
      let places = elements.indices.filter { rows[$0].path == file }
      let whole = Int(source.weight)
      let rest = Int(((source.weight - Double(whole)) * Double(places.count)).rounded())
      let chosen = places.map { place in
        (hash: StableHash.of(RowOverlap.key(of: rows[place].row), seed: seed), place: place)
      }.sorted { ($0.hash, $0.place) < ($1.hash, $1.place) }.prefix(rest)
      for place in places { visits[place] = whole }
      for (_, place) in chosen { visits[place] += 1 }
    }
    return zip(elements, visits).flatMap { Array(repeating: $0, count: $1) }
  }

  package var json: JSON {
    JSON(sources.map { ["data": JSON($0.path), "weight": JSON($0.weight)] })
  }
}
