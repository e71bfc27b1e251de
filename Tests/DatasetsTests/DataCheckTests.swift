import Datasets
import SafeIO
import Testing
import Tokenization

@Suite struct DataCheckTests {
  private func rows(_ texts: [String], path: String = "a.jsonl") -> [LoadedRow] {
    texts.enumerated().map {
      LoadedRow(row: .text($0.element), path: path, line: $0.offset + 1)
    }
  }

  private func split(
    _ name: String, _ file: RowFile, maxProblems: Int = 20, masks: Int = 0, preferences: Bool = true
  ) throws -> CheckedSplit {
    try CheckedSplit(
      name: name, file,
      builder: ExampleBuilder(tokenizer: try Support.tokenizer(), maxLength: 200),
      purpose: preferences ? .anything : .answers, maxProblems: maxProblems, maskCount: masks)
  }

  @Test func allProblemsAreKeptUpToTheLimitInTheOrderOfTheirLines() throws {
    let text = """
      {"text": ""}
      {"text": 1}
      {"text": "a"}
      {"prompt": "a", "completion": " "}
      hello
      """

    let all = try Support.withFile(text) { path in
      try split("train", RowReader.read(path: path, maxProblems: 10), maxProblems: 10)
    }
    let two = try Support.withFile(text) { path in
      try split("train", RowReader.read(path: path, maxProblems: 2), maxProblems: 2)
    }

    #expect(all.problems.map(\.line) == [1, 2, 4, 5])
    #expect(
      all.problems.map(\.code) == ["DATA.NOSIGNAL", "DATA.SCHEMA", "DATA.NOSIGNAL", "DATA.JSON"])
    #expect(all.problems.map(\.column) == [1, 10, 1, 1])
    #expect(all.account.rows == 5 && all.account.refused == 4 && all.account.unreadable == 2)
    #expect(two.problems.count == 2 && two.problemCount == 4)
    let error = #expect(throws: DatasetError.self) { try all.requireUsable(maxLength: 200) }
    #expect(error?.code == "DATA.NOSIGNAL" && error?.failureClass == .dataset)
  }

  @Test func preferencesAreCountedOnBothSidesOrRefused() throws {
    let line = #"{"prompt": "a", "chosen": "b", "rejected": "c"}"#

    let counted = try Support.withFile(line) { try split("train", RowReader.read(path: $0)) }
    let refused = try Support.withFile(line) {
      try split("train", RowReader.read(path: $0), preferences: false)
    }

    #expect(counted.account.supervisedTokens == 4 && counted.examples.isEmpty)
    try counted.requireUsable(maxLength: 200)
    #expect(refused.problems.map(\.code) == ["DATA.SCHEMA"])
  }

  @Test func controlTokensInTextAreNamedWithTheirLines() throws {
    let split = try split(
      "train", RowFile(path: "a.jsonl", rows: rows(["fine", "a<|im_end|>b", "<|im_start|>"])))

    #expect(split.forgeries.map(\.place.line) == [2, 3])
    #expect(split.forgeries.map(\.token) == ["<|im_end|>", "<|im_start|>"])
    #expect(split.account.rowsWithSpecialText == 2)
  }

  @Test func masksShowEveryTokenWithWhatBecameOfIt() throws {
    let row = try RowReader.row(
      Array(#"{"prompt":"Hi","completion":"Yes"}"#.utf8), line: 3, path: "a.jsonl")

    let split = try split("train", RowFile(path: "a.jsonl", rows: [row, row]), masks: 1)

    #expect(split.masks.count == 1)
    let mask = try #require(split.masks.first)
    #expect(mask.line == 3)
    #expect(mask.pieces.map(\.kind) == [.template, .prompt, .template, .supervised, .template])
    #expect(
      mask.pieces.map(\.text) == [
        "<|im_start|>user\n", "Hi", "<|im_end|>\n<|im_start|>assistant\n", "Yes<|im_end|>", "\n",
      ])
  }

  private let story =
    "Once upon a time there was a small robot who lived in a house by the sea and liked to "
    + "count the ships that went by every morning before the sun came up over the hills."

  // 36 words have 34 runs of three. Another word inside changes three of them: 31 of 37 are common.
  @Test func nearRowsAreFoundWithTheirSimilarity() throws {
    let other = story.replacing("robot", with: "dragon")
    let far = "The quick brown fox jumps over the lazy dog while nobody looks at it."
    let training = (0..<50).map { "Row \($0) is about \($0 * 7) other things than row \($0 + 1)." }

    let near = NearOverlap(
      of: rows([far, other, story.uppercased() + "!!", story]), with: rows(training + [story]))

    // The last is the same row, which is counted elsewhere.
    #expect(near.count == 2)
    #expect(
      near.examples.map(\.second.line) == [2, 3] && near.examples.map(\.first.line) == [51, 51])
    #expect(near.examples.last?.similarity == 1)
    let similarity = try #require(near.examples.first?.similarity)
    #expect(abs(similarity - 31.0 / 37) < 1e-12, "\(similarity)")
  }

  @Test func twoChangedWordsOfMeaningAreNotNear() {
    let other = story.replacing("robot", with: "dragon").replacing("ships", with: "trains")
      .replacing("sun", with: "moon")

    #expect(NearOverlap(of: rows([other]), with: rows([story])).count == 0)
  }

  @Test func systemMessagesDoNotMakeRowsAlike() {
    func row(_ question: String, _ answer: String) -> LoadedRow {
      let turns = [("system", story), ("user", question), ("assistant", answer)]
      return LoadedRow(
        row: .messages(
          turns.map { ChatMessage(role: $0.0, content: $0.1) }, trained: [false, false, true]),
        path: "a.jsonl", line: 1)
    }

    let near = NearOverlap(
      of: [row("How tall is a giraffe?", "Six metres.")],
      with: [row("Who wrote Emma?", "Jane Austen.")])

    #expect(near.count == 0)
  }

  @Test func manyNearRowsAreFoundAlmostAll() {
    var generator = SplitMix64(seed: 3)
    func words(_ count: Int) -> [String] {
      (0..<count).map { _ in "w\(generator.next(below: 5000))" }
    }
    let training = (0..<1000).map { _ in words(60) }
    // One word of sixty changed: 55 of 61 runs are common.
    let evaluation = (0..<200).map { index in
      var row = training[index * 5]
      row[30] = "changed"
      return row
    }

    let near = NearOverlap(
      of: rows(evaluation.map { $0.joined(separator: " ") }),
      with: rows(training.map { $0.joined(separator: " ") }))

    #expect(near.count >= 199, "\(near.count)")
  }

  @Test func splitsAreComparedWithEachOneBefore() throws {
    let train = try split("train", RowFile(path: "train.jsonl", rows: rows(["aa bb cc", "d"])))
    let test = try split(
      "test", RowFile(path: "test.jsonl", rows: rows(["AA bb cc!", "d", "e f"])))

    let check = DataCheck([train, test])

    #expect(check.overlaps.map(\.split) == ["test"] && check.overlaps.map(\.other) == ["train"])
    #expect(check.overlaps.first?.exact.count == 1 && check.overlaps.first?.near.count == 1)
    #expect(check.account.rows == 5)
    try check.account.verify()
    #expect(check.json["overlaps"]?.array?.first?["near"]?.int == 1)
  }

  @Test func lengthsAreCountedInDoublingRanges() {
    let histogram = LengthHistogram([20, 17, 32, 33, 200, 16 * 16])

    #expect(histogram.buckets.map(\.lengths) == [17...32, 33...64, 65...128, 129...256])
    #expect(histogram.buckets.map(\.count) == [3, 1, 0, 2])
    #expect(histogram.median == 33 && histogram.longest == 256)
    #expect(LengthHistogram([]).buckets.isEmpty)
    #expect(LengthHistogram([Int.max]).longest == Int.max)
  }
}
