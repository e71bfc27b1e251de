import Constraints
import Foundation
import SafeIO
import Testing
import Tokenization

/// Vocabularies to write with.
enum Fixture {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Every byte is a token, and 256 ends the text.
  static let bytes = TokenVocabulary(
    tokens: (0..<256).map { [UInt8($0)] } + [Array("<end>".utf8)], endOfSequence: [256])

  /// The vocabulary of the model that comes with the repository.
  static let graftBase: TokenVocabulary = {
    guard
      let tokenizer = try? Tokenizer(
        directory: root.appendingPathComponent("checkpoints/graft-base").path)
    else { return bytes }
    return TokenVocabulary(tokenizer)
  }()
}

extension CompiledGrammar {
  /// Whether a text, given byte by byte, is one of the grammar's.
  static func accepts(_ grammar: CompiledGrammar, _ text: String) -> Bool {
    var state = GrammarState(grammar)
    return text.utf8.allSatisfy { state.advance(Int($0)) } && state.isComplete
  }
}

/// A model that takes any allowed token at random.
struct RandomWriter {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  /// A text of at most `limit` tokens; nil if the masks lead nowhere.
  mutating func write(
    _ grammar: CompiledGrammar, limit: Int, _ look: (GrammarState, Int) -> Void = { _, _ in }
  ) -> String? {
    var state = GrammarState(grammar)
    var mask = TokenMask(vocabularySize: grammar.vocabulary.count)
    var bytes: [UInt8] = []
    for used in 0..<limit where !state.isFinished {
      look(state, limit - used)
      state.fillMask(&mask, tokensLeft: limit - used)
      let allowed = mask.allowed
      guard !allowed.isEmpty else { return nil }
      let token = allowed[below(allowed.count)]
      guard state.advance(token) else { return nil }
      bytes += grammar.vocabulary.bytes(of: token)
    }
    return state.isComplete ? String(decoding: bytes, as: UTF8.self) : nil
  }
}
