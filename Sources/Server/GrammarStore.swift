import Constraints
import HTTPTypes
import SafeIO
import Synchronization
import Tokenization

/// Compiles what answers must match, and keeps what was compiled last.
final class GrammarStore: Sendable {
  private struct Entry {
    var key: String
    var grammar: CompiledGrammar
  }

  /// The entries, the one that was used last at the end.
  private struct State {
    var entries: [Entry] = []
    var bytes: Int { entries.reduce(0) { $0 + $1.key.utf8.count } }
  }

  private static let mostEntries = 64
  private static let mostBytes = 4 << 20

  private let tokenizer: Tokenizer
  private let endTokens: [Int]
  /// Made with the first constraint: the start of a server does not wait for it.
  private let vocabulary = Mutex<TokenVocabulary?>(nil)
  private let state = Mutex(State())

  init(_ tokenizer: Tokenizer, endTokens: Set<Int>) {
    self.tokenizer = tokenizer
    self.endTokens = endTokens.sorted()
  }

  private func knownVocabulary() -> TokenVocabulary {
    vocabulary.withLock { known in
      if let known { return known }
      let made = TokenVocabulary(tokenizer, endOfSequence: endTokens)
      known = made
      return made
    }
  }

  /// What an answer must match, compiled; nil for no constraint.
  ///
  /// - Throws: `APIError`, 400 with the member's name.
  func grammar(for constraint: Constraint) throws(APIError) -> CompiledGrammar? {
    guard constraint != .none else { return nil }
    let vocabulary = knownVocabulary()
    do throws(ConstraintError) {
      switch constraint {
      case .none: return nil
      case .jsonObject:
        return try cached("object") { () throws(ConstraintError) in
          try CompiledGrammar.jsonObject(vocabulary: vocabulary)
        }
      case .jsonSchema(let schema, _):
        return try cached("schema:" + schema.serialized()) { () throws(ConstraintError) in
          try CompiledGrammar.json(schema: schema, vocabulary: vocabulary)
        }
      case .regex(let pattern, _):
        return try cached("regex:" + pattern) { () throws(ConstraintError) in
          try CompiledGrammar.regex(pattern, vocabulary: vocabulary)
        }
      }
    } catch {
      throw Self.refusal(error, constraint)
    }
  }

  private func cached(
    _ key: String, _ compile: () throws(ConstraintError) -> CompiledGrammar
  ) throws(ConstraintError) -> CompiledGrammar {
    let known = state.withLock { state -> CompiledGrammar? in
      guard let place = state.entries.firstIndex(where: { $0.key == key }) else { return nil }
      let entry = state.entries.remove(at: place)
      state.entries.append(entry)
      return entry.grammar
    }
    if let known { return known }
    // Not under the lock: others must not wait for a schema that takes long.
    let grammar = try compile()
    state.withLock { state in
      state.entries.removeAll { $0.key == key }
      state.entries.append(Entry(key: key, grammar: grammar))
      while state.entries.count > Self.mostEntries || state.bytes > Self.mostBytes {
        state.entries.removeFirst()
      }
    }
    return grammar
  }

  private static func refusal(_ error: ConstraintError, _ constraint: Constraint) -> APIError {
    let hint = error.hint.map { " \($0)" } ?? ""
    let param: String? =
      switch constraint {
      case .jsonSchema(_, let param), .regex(_, let param): param
      case .jsonObject: "response_format"
      case .none: nil
      }
    let code =
      switch error {
      case .unsupported, .unknownKeyword: "unsupported_parameter"
      default: "invalid_value"
      }
    return APIError(.badRequest, code: code, param: param, "\(error.description).\(hint)")
  }
}
