import Datasets
import Foundation
import SafeIO
import TestSupport
import Testing

@Suite struct TokenWindowsTests {
  /// A store of documents whose ids count upwards from 0, so that each says where it stood.
  private func withStore<Result>(
    _ lengths: [Int], vocabularySize: Int = 70_000, _ body: (TokenStore) throws -> Result
  ) throws -> Result {
    try Support.withDirectory { directory in
      let path = "\(directory)/some.tokens"
      var next = 0
      try TokenStoreWriter.write(to: path, vocabularySize: vocabularySize) { writer in
        for length in lengths {
          try writer.add(Array(next..<(next + length)))
          next += length
        }
      }
      return try body(TokenStore(path: path))
    }
  }

  /// The pairs (token, the one to predict after it) of all windows.
  private func pairs(_ windows: TokenWindows) throws -> [[Int32]] {
    try (0..<windows.rowCount).flatMap { row in
      try windows.examples(ofRow: row).flatMap { example in
        #expect(example.labels[0] == Example.ignored)
        #expect(Array(example.labels.dropFirst()) == Array(example.ids.dropFirst()))
        return zip(example.ids, example.ids.dropFirst()).map { [$0, $1] }
      }
    }
  }

  @Test func everyPairOfADocumentIsPredictedOnceAndNoneAcrossDocuments() throws {
    var generator = SplitMix64(seed: 5)
    for length in [1, 2, 3, 7, 64, 1000] {
      let lengths = (0..<40).map { _ in 2 + Int(generator.next(below: 30)) }
      var expected: [[Int32]] = []
      var start: Int32 = 0
      for count in lengths {
        expected += (start..<start + Int32(count) - 1).map { [$0, $0 + 1] }
        start += Int32(count)
      }

      try withStore(lengths) { store in
        let windows = TokenWindows(store, length: length)

        let found = try pairs(windows)
        #expect(found == expected, "windows of \(length)")
        #expect(windows.targetCount == expected.count)
      }
    }
  }

  @Test func allWindowsButTheLastAreFull() throws {
    try withStore([5, 2, 9, 30, 3]) { store in
      let windows = TokenWindows(store, length: 8)

      let counts = try (0..<windows.rowCount).map { row in
        try windows.examples(ofRow: row).reduce(0) { $0 + $1.supervisedCount }
      }

      #expect(counts == [8, 8, 8, 8, 8, 4])
    }
  }

  @Test(arguments: [65_536, 65_537])
  func idsOfBothWidthsComeBack(_ vocabularySize: Int) throws {
    try withStore([3, 4], vocabularySize: vocabularySize) { store in
      #expect(store.ends == [3, 7])
      let ids = try store.ids(1..<6)
      #expect(ids == [1, 2, 3, 4, 5])
    }
  }

  @Test func aDocumentOfOneTokenIsLeftOut() throws {
    try withStore([1, 2, 1]) { store in #expect(store.ends == [2]) }
  }

  @Test func damagedStoresAreRefusedOrRead() throws {
    try withStore([5, 2, 9]) { _ in }
    try Support.withDirectory { directory in
      let path = "\(directory)/some.tokens"
      try TokenStoreWriter.write(to: path, vocabularySize: 100) { writer in
        for length in [5, 2, 9] { try writer.add(Array(0..<length)) }
      }
      let bytes = try InputFile.contents(of: path, maxBytes: 1 << 16)
      let mutator = Mutator(bytes, focus: (bytes.count - 56)..<bytes.count)
      var refused = 0
      for number in 0..<UInt64(3000) {
        try Data(mutator.mutant(number)).write(to: URL(fileURLWithPath: path))
        do {
          let windows = TokenWindows(try TokenStore(path: path), length: 4)
          for row in 0..<min(windows.rowCount, 8) { _ = try windows.examples(ofRow: row) }
        } catch is DatasetError {
          refused += 1
        }
      }
      #expect(refused > 1000)
    }
  }
}
