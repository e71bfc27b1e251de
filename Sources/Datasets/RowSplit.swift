/// Parts rows for training from rows for validation, where one file holds both.
package enum RowSplit {
  /// Both parts, in file order.
  ///
  /// A row's place depends on its content and the seed, not on its position: rows that repeat
  /// another go with it, so that no validation row stands in the training part. Both parts have a row
  /// as long as there are two that differ.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - fraction: The share that is to be validated on, above 0 and below 1.
  ///   - seed: Another seed parts them differently.
  /// - Returns: The rows to learn from and the rows to validate on.
  package static func parts(
    _ rows: [LoadedRow], fraction: Double, seed: UInt64
  ) -> (training: [LoadedRow], validation: [LoadedRow]) {
    var groups: [String: [Int]] = [:]
    for (index, row) in rows.enumerated() {
      groups[RowOverlap.key(of: row.row), default: []].append(index)
    }
    let order = groups.map { (hash: StableHash.of($0.key, seed: seed), rows: $0.value) }
      .sorted { ($0.hash, $0.rows[0]) < ($1.hash, $1.rows[0]) }
    let wanted = max(1, Int((fraction * Double(rows.count)).rounded()))
    var chosen: Set<Int> = []
    for group in order.dropLast() {
      if chosen.count >= wanted { break }
      chosen.formUnion(group.rows)
    }
    return (
      rows.indices.filter { !chosen.contains($0) }.map { rows[$0] },
      rows.indices.filter(chosen.contains).map { rows[$0] }
    )
  }
}

extension DatasetDirectory {
  /// A split and its rows.
  package struct SplitRows: Sendable {
    package var split: Split
    package var file: RowFile
  }

  /// The rows of the splits that there are.
  ///
  /// A single file is the training set.
  ///
  /// - Parameters:
  ///   - splits: Those that are wanted.
  ///   - validation: The share of the training rows that is held back to validate on.
  ///   - seed: Decides which rows these are.
  ///   - maxProblems: How many problems of a file are kept.
  /// - Returns: The splits in the order train, valid, test.
  /// - Throws: `DatasetError.missingFile`, a `UserFacingError` for a file that cannot be read.
  package func read(
    _ splits: [Split] = Split.allCases, validation: Double? = nil, seed: UInt64 = 0,
    maxProblems: Int = DatasetError.reportLimit
  ) throws -> [SplitRows] {
    var result: [SplitRows] = []
    for split in Split.allCases where splits.contains(split) {
      if isSingleFile, split != .train { continue }
      guard let path = file(of: split) else { continue }
      result.append(
        SplitRows(split: split, file: try RowReader.read(path: path, maxProblems: maxProblems)))
    }
    guard let validation, let place = result.firstIndex(where: { $0.split == .train }) else {
      return result
    }
    let parts = RowSplit.parts(result[place].file.rows, fraction: validation, seed: seed)
    result[place].file.rows = parts.training
    if !parts.validation.isEmpty {
      let file = RowFile(path: result[place].file.path, rows: parts.validation)
      result.insert(SplitRows(split: .valid, file: file), at: place + 1)
    }
    return result
  }
}
