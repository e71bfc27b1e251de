/// Rows of one list that are nearly the same as a row of another one.
///
/// Candidates are found by one-permutation MinHash in bands (Li, Owen and Zhang, 2012), which misses
/// one pair in thousands; every one of them is then compared exactly. No random number is involved.
package struct NearOverlap: Sendable, Equatable {
  package struct Pair: Sendable, Equatable {
    package var first: RowPlace
    package var second: RowPlace
    /// The share of runs of three words that both have, of those that either has.
    package var similarity: Double
  }

  /// From this similarity on two rows count as nearly the same.
  package static let threshold = 0.8

  /// Rows of the second list that have a near neighbour in the first.
  package private(set) var count = 0
  /// Places of the most similar pair of each of the first few of them.
  package private(set) var examples: [Pair] = []

  private static let exampleLimit = 5
  private static let candidateLimit = 4

  /// Rows of `evaluation` that nearly repeat one of `training`; those that repeat one exactly are left
  /// out, being counted elsewhere.
  package init(of evaluation: [LoadedRow], with training: [LoadedRow]) {
    guard !evaluation.isEmpty, !training.isEmpty else { return }
    let index = BandIndex(training)
    var exact: Set<String> = []
    for row in training { exact.insert(RowOverlap.key(of: row.row)) }
    for row in evaluation where !exact.contains(RowOverlap.key(of: row.row)) {
      let shingles = Shingles(row.row)
      var best: Pair?
      for candidate in index.candidates(for: shingles).prefix(Self.candidateLimit) {
        let similarity = shingles.similarity(to: Shingles(training[candidate].row))
        if similarity >= Self.threshold, similarity > best?.similarity ?? 0 {
          best = Pair(
            first: RowPlace(training[candidate]), second: RowPlace(row), similarity: similarity)
        }
      }
      guard let best else { continue }
      count += 1
      if examples.count < Self.exampleLimit { examples.append(best) }
    }
  }
}

/// Rows by the bands of their MinHash signatures.
private struct BandIndex {
  private struct Entry {
    var band: UInt64
    var row: Int32
  }

  private static let bins = 64
  private static let rowsOfBand = 4
  /// Rows that are looked at of a band that many share.
  private static let mostOfBand = 64
  private let entries: [Entry]

  init(_ rows: [LoadedRow]) {
    var entries: [Entry] = []
    entries.reserveCapacity(rows.count * Self.bins / Self.rowsOfBand)
    for (index, row) in rows.enumerated() {
      for band in Self.bands(of: Shingles(row.row)) {
        entries.append(Entry(band: band, row: Int32(clamping: index)))
      }
    }
    entries.sort { ($0.band, $0.row) < ($1.band, $1.row) }
    self.entries = entries
  }

  /// Rows that share a band, those that share most first.
  func candidates(for shingles: Shingles) -> [Int] {
    var hits: [Int32: Int] = [:]
    for band in Self.bands(of: shingles) {
      var place = firstEntry(of: band)
      let end = min(entries.count, place + Self.mostOfBand)
      while place < end, entries[place].band == band {
        hits[entries[place].row, default: 0] += 1
        place += 1
      }
    }
    return hits.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { Int($0.key) }
  }

  private func firstEntry(of band: UInt64) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].band < band { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The least hash of each bin; an empty bin borrows from the next that is not.
  private static func bands(of shingles: Shingles) -> [UInt64] {
    guard !shingles.hashes.isEmpty else { return [] }
    var signature = [UInt64?](repeating: nil, count: bins)
    for hash in shingles.hashes {
      let bin = Int(hash >> 58)
      signature[bin] = min(signature[bin] ?? .max, hash)
    }
    let filled = (0..<bins).map { bin in
      (0..<bins).lazy.compactMap { step in
        signature[(bin + step) % bins].map { StableHash.mixed($0 &+ UInt64(step)) }
      }.first ?? 0
    }
    return stride(from: 0, to: bins, by: rowsOfBand).map { start in
      filled[start..<(start + rowsOfBand)].reduce(UInt64(start)) {
        StableHash.mixed($0 ^ $1)
      }
    }
  }
}
