import Foundation
import SafeIO
import Testing
import Tokenization

@Suite struct BPETrainerTests {
  private static let fixture = Result { try Fixture.json("training.json") }

  // tokenizers 0.23.3, by scripts/fixtures/tokenizer_training_fixtures.py.
  @Test(arguments: 0..<4) func mergesAreThoseOfTheReference(run: Int) throws {
    let fixture = try Self.fixture.get()
    let expected = try #require(fixture["runs"]?.array)[run]
    let name = try #require(expected["pre_tokenizer"]?.string)
    try #require(
      FileHash.sha256(of: TrainingText.madeUp) == fixture["text_sha256"]?.string)

    let trained = try TrainingText.train(
      TrainingText.madeUp,
      .test(
        try #require(expected["vocabulary_size"]?.int), try #require(PreTokenizer(rawValue: name)),
        minimumFrequency: try #require(expected["minimum_frequency"]?.int)))

    let merges = trained.tokenizer.mergeTexts
    #expect(merges.count == expected["merges"]?.int)
    #expect(merges.last == expected["last"]?.string)
    let text = merges.map { $0 + "\n" }.joined()
    #expect(FileHash.sha256(of: Array(text.utf8)) == expected["sha256"]?.string)
  }

  @Test func mergesAreThoseOfTheDefinition() throws {
    var random = SplitMix64(state: 3)
    for round in 0..<150 {
      // Runs of few letters, so that a token can be formed in several ways.
      let letters = Array((round % 3 == 0 ? "a" : round % 3 == 1 ? "ab" : "abcé").utf8)
      let words = (0..<(1 + random.below(40))).map { index -> [UInt8] in
        let word = (0..<(1 + random.below(12))).map { _ in letters[random.below(letters.count)] }
        return index == 0 ? word : [0x20] + word
      }
      // Bytes that are half a character would be cut apart: only whole ones are words of letters.
      guard words.allSatisfy({ String(validating: $0, as: UTF8.self) != nil }) else { continue }
      let frequency = 1 + random.below(3)
      let limit = 259 + random.below(60)

      let trained = try TrainingText.train(
        words.flatMap(\.self), .test(limit, .gpt2, minimumFrequency: frequency))
      let naive = NaiveTrainer(
        words, tokens: (0..<259).map { trained.tokenizer.decodeBytes([$0]) }, specialCount: 3,
        limit: limit, minimumFrequency: frequency)

      let merges = naive.merges.map { pair in
        pair.map { id in
          trained.tokenizer.token(for: id) ?? "?"
        }.joined(separator: " ")
      }
      #expect(trained.tokenizer.mergeTexts == merges, "round \(round)")
      #expect(trained.tokenizer.vocabularySize == naive.tokens.count)
      for id in 259..<naive.tokens.count {
        #expect(trained.tokenizer.decodeBytes([id]) == naive.tokens[id])
      }
    }
  }

  @Test(arguments: PreTokenizer.allCases)
  func neitherThreadsNorPiecesNorMemoryChangeTheResult(rule: PreTokenizer) throws {
    let expected = try TrainingText.train(TrainingText.madeUp, .test(700, rule))
    #expect(expected.account.spills == 0)
    let choices = [
      (2, 1 << 20, 1 << 30), (4, 1000, 1 << 30), (1, 7, 1 << 30), (1, 50_000, 1 << 20),
      (2, 30_000, 1 << 20), (4, 4096, 1 << 20),
    ]
    for (threads, pieceBytes, memory) in choices {
      let found = try TrainingText.train(
        TrainingText.madeUp, .test(700, rule, threads: threads, memory: memory),
        pieceBytes: pieceBytes)

      #expect(found.tokenizer.fingerprint == expected.tokenizer.fingerprint)
      #expect(found.account.words == expected.account.words)
      #expect(found.account.distinctWords == expected.account.distinctWords)
      #expect(found.account.tokens == expected.account.tokens)
      #expect((found.account.spills > 0) == (memory == 1 << 20), "\(threads) \(memory)")
    }
  }

  @Test func rarestWordsAreLeftOutWhereTheDistinctOnesDoNotFit() throws {
    var text = Array("seldom ".utf8)
    for _ in 0..<3 { text += Array("often ".utf8) }
    for index in 0..<20_000 { text += Array("once\(index) ".utf8) }

    let trained = try TrainingText.train(text, .test(300, .gpt2, memory: 1 << 16))

    #expect(trained.account.spills > 0)
    #expect(trained.account.droppedWords > 0)
    #expect(trained.account.leastWordCount >= 2)
    #expect(trained.account.tokens == nil)
    #expect(trained.tokenizer.id(of: "Ġoften") != nil)
    #expect(trained.tokenizer.id(of: "seldom") == nil)
  }

  @Test func tokensOfTheTextAreCounted() throws {
    for rule in PreTokenizer.allCases {
      let trained = try TrainingText.train(TrainingText.madeUp, .test(600, rule))

      let ids = trained.tokenizer.encode(bytes: TrainingText.madeUp)
      // Where the merges may be ignored, a word can be one token that they would not have formed.
      let isCounted = trained.account.tokens == ids.count
      #expect(isCounted || rule == .llama3, "\(rule)")
    }
  }

  @Test func vocabularyStopsAtWhatTheTextSupports() throws {
    let trained = try TrainingText.train(Array("aab aab".utf8), .test(1000))

    #expect(trained.account.stoppedEarly)
    #expect(trained.tokenizer.mergeTexts == ["a a", "aa b"])
    #expect(trained.tokenizer.vocabularySize == 261)
    #expect(trained.account.lastPairCount == 2)
  }

  @Test func controlTokensComeFirstAndTheirRolesAreThoseOfChatML() throws {
    let trained = try TrainingText.train(
      Array("text".utf8), .test(300, specialTokens: ["<|tool|>", "ü b"], reservedTokens: 2))

    let tokenizer = try trained.tokenizer.savedAndRead().tokenizer
    let names = [
      "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|tool|>", "ü b", "<|reserved_0|>",
      "<|reserved_1|>",
    ]
    #expect((0..<7).map { tokenizer.token(for: $0) ?? "" } == names)
    #expect(
      (0..<9).map { tokenizer.isSpecial($0) } == Array(repeating: true, count: 7) + [false, false])
    #expect(tokenizer.endOfSequence == [0, 2])
    #expect(tokenizer.beginningOfSequence == 0)
    #expect(tokenizer.padding == 0)
    #expect(tokenizer.sequencePrefix == [0] && tokenizer.sequenceSuffix.isEmpty)
    #expect(tokenizer.addsBeginningOfSequence)
    let chat = try #require(tokenizer.chatTemplate).render(
      [ChatMessage(role: "user", content: "Hi")], addingGenerationPrompt: true)
    #expect(chat == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
  }

  @Test func noMergeSpellsASpecialToken() throws {
    let text = Array(String(repeating: "tool tool", count: 50).utf8)

    let trained = try TrainingText.train(text, .test(400, .gpt2, specialTokens: ["tool"]))

    let saved = try trained.tokenizer.savedAndRead().tokenizer
    #expect(saved.id(of: "tool") == 3)
    #expect(!saved.encode("tool").contains(3))
    #expect(saved.decode(saved.encode("a tool tool")) == "a tool tool")
  }

  @Test func anyBytesAreText() throws {
    let text = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ $0 >> 3) }

    for rule in PreTokenizer.allCases {
      let trained = try TrainingText.train(text, .test(300, rule))
      #expect(trained.tokenizer.decodeBytes(trained.tokenizer.encode(bytes: text)) == text)
    }
  }

  @Test func wordWithoutEndIsCutAndWhatDoesNotFitIsLeftOut() throws {
    let text = [UInt8](repeating: 0x61, count: 20 << 20)

    let trained = try TrainingText.train(text, .test(270, memory: 1 << 24))

    #expect(trained.account.bytes == text.count)
    // 16 MiB and 4 MiB.
    #expect(trained.account.words == 2)
    #expect(trained.account.droppedWords == 2)
    #expect(trained.account.stoppedEarly)
  }

  @Test func whatFeedOrReportThrowsEndsTheWork() throws {
    struct Stop: Error {}
    let trainer = try BPETrainer(.test(300, threads: 2))

    #expect(throws: Stop.self) { try trainer.train { _ in throw Stop() } }
    #expect(throws: Stop.self) {
      try trainer.train {
        try $0(Array("some text".utf8), true)
      } report: { _ in
        throw Stop()
      }
    }
  }
}
