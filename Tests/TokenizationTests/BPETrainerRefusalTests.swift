import SafeIO
import Testing
import Tokenization

@Suite struct BPETrainerRefusalTests {
  private func refusal(_ options: BPETrainingOptions) throws -> TokenizerTrainingError {
    try #require(throws: TokenizerTrainingError.self) { try BPETrainer(options) }
  }

  @Test func vocabularyMustHoldTheBytes() throws {
    let error = try refusal(.test(260, reservedTokens: 2))

    #expect(error == .vocabularyTooSmall(size: 260, specialTokens: 5, least: 261))
    #expect(error.failureClass == .usage)
    #expect(
      error.description
        == "a vocabulary of 260 has no room for 5 special tokens and 256 bytes, which are 261")
    _ = try BPETrainer(.test(261, reservedTokens: 2))
  }

  @Test(arguments: [
    ([""], "special token '' is empty"),
    (["a"], "special token 'a' is written as the token of a single byte is"),
    (["Ġ"], "special token 'Ġ' is written as the token of a single byte is"),
    (["<|x|>", "<|x|>"], "special token '<|x|>' is named twice"),
    (["<|im_end|>"], "special token '<|im_end|>' is named twice"),
    (["<|reserved_0|>"], "special token '<|reserved_0|>' is named twice"),
    ([String(repeating: "x", count: 1025)], "is longer than 1024 bytes"),
  ])
  func specialTokensMustDiffer(tokens: [String], message: String) throws {
    let error = try refusal(.test(1000, specialTokens: tokens, reservedTokens: 1))

    #expect(error.code == "TOK.SPECIAL")
    #expect(error.description.hasSuffix(message), "\(error.description)")
    #expect(error.hint != nil)
  }

  @Test func settingsBeyondTheirRangesAreRefused() throws {
    let refused: [BPETrainingOptions] = [
      .test(1 << 25), .test(-1), .test(300, minimumFrequency: 0), .test(300, reservedTokens: -1),
      .test(1 << 20, reservedTokens: 1 << 17), .test(300, threads: 0), .test(300, threads: 257),
      .test(300, memory: 1),
    ]
    for options in refused { #expect(try refusal(options).code == "TOK.OPTION") }
    #expect(
      try refusal(.test(300, minimumFrequency: 0)).description
        == "the minimum frequency must be at least 1, got 0")
  }

  @Test func noTextIsRefused() throws {
    let error = try #require(throws: TokenizerTrainingError.self) {
      try TrainingText.train([], .test(300))
    }

    #expect(error == .noText)
    #expect(error.failureClass == .dataset)
  }

  @Test func scratchDirectoryThatCannotBeWrittenIsNamed() throws {
    var options = BPETrainingOptions.test(300, threads: 2, memory: 1 << 16)
    options.scratchDirectory = "/nowhere/at all"
    let text = (0..<20_000).flatMap { Array("word\($0) ".utf8) }

    let error = try #require(throws: IOFailure.self) { try TrainingText.train(text, options) }

    #expect(error.description.hasPrefix("/nowhere/at all: no such file"))
  }
}
