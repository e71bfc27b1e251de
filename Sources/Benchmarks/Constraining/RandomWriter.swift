import Constraints
import Foundation

/// A model that knows nothing: it takes any token that the mask allows, at random by a seed.
struct RandomWriter {
  /// What it wrote, and how.
  struct Result {
    var text: [UInt8] = []
    var tokens = 0
    var isComplete = false
    /// Seconds in `fillMask`.
    var maskSeconds = 0.0
    /// Seconds in `advance`.
    var advanceSeconds = 0.0
    /// What the masks got wrong; empty if nothing.
    var problem: String?
  }

  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Sebastiano Vigna's SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func index(below count: Int) -> Int { Int(next() % UInt64(count)) }

  /// Writes until the text is over or `limit` tokens are used.
  mutating func write(_ grammar: CompiledGrammar, limit: Int, isChecking: Bool = true) -> Result {
    var result = Result()
    var state = GrammarState(grammar)
    var mask = TokenMask(vocabularySize: grammar.vocabulary.count)
    while result.tokens < limit, !state.isFinished, result.problem == nil {
      let left = limit - result.tokens
      result.maskSeconds += Alternation.time { state.fillMask(&mask, tokensLeft: left) }
      let allowed = mask.allowed
      guard !allowed.isEmpty else {
        result.problem = "no token is allowed after \(result.tokens)"
        break
      }
      let token = allowed[index(below: allowed.count)]
      if isChecking {
        let other = index(below: grammar.vocabulary.count)
        for token in [token, other]
        where state.allows(token, tokensLeft: left) != mask.contains(token) {
          result.problem = "the mask and `allows` differ about \(token) after \(result.tokens)"
        }
      }
      if grammar.vocabulary.endOfSequence.contains(token) { break }
      var advanced = false
      result.advanceSeconds += Alternation.time { advanced = state.advance(token) }
      if !advanced { result.problem = "token \(token), which the mask allows, is refused" }
      result.text += grammar.vocabulary.bytes(of: token)
      result.tokens += 1
    }
    result.isComplete = state.isComplete
    return result
  }
}
