import Foundation
import SafeIO
import Testing
import Tokenization

/// Texts to train on, and how to train.
enum TrainingText {
  private static let letters = [
    "a", "e", "n", "t", "s", "r", "é", "ß", "и", "東", "-", "'s", "7", "42", "e\u{301}",
  ]
  private static let spaces = [" ", " ", " ", " ", "\n", ", ", ".\n\n", "  "]

  /// The text of `scripts/fixtures/tokenizer_training_fixtures.py`.
  static let madeUp: [UInt8] = {
    var random = SplitMix64(state: 11)
    let words = (0..<300).map { _ in
      (0..<(1 + random.below(8))).map { _ in letters[random.below(letters.count)] }.joined()
    }
    var text: [UInt8] = []
    for index in 0..<20_000 {
      text += words[random.below(1 + random.below(300))].utf8
      text += spaces[random.below(spaces.count)].utf8
      if index % 40 == 0 { text += random.string().utf8 }
    }
    return text
  }()

  /// Trains on one document that comes in pieces of `pieceBytes`.
  static func train(
    _ text: [UInt8], _ options: BPETrainingOptions, pieceBytes: Int = 1 << 20
  ) throws -> TrainedTokenizer {
    try BPETrainer(options).train { add in
      for start in stride(from: 0, to: text.count, by: pieceBytes) {
        let end = min(start + pieceBytes, text.count)
        try add(Array(text[start..<end]), end == text.count)
      }
    }
  }
}

extension BPETrainingOptions {
  /// Options of a test, with temporary files where the system has them.
  static func test(
    _ vocabularySize: Int, _ rule: PreTokenizer = .smollm, minimumFrequency: Int = 2,
    specialTokens: [String] = [], reservedTokens: Int = 0, threads: Int = 1,
    memory: Int = 1 << 30
  ) -> BPETrainingOptions {
    BPETrainingOptions(
      vocabularySize: vocabularySize, preTokenizer: rule, minimumFrequency: minimumFrequency,
      specialTokens: specialTokens, reservedTokens: reservedTokens, threads: threads,
      memory: memory, scratchDirectory: NSTemporaryDirectory())
  }
}
