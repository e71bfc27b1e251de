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
    var bytes: Int { entries.reduce(0) { $0 + $1.key.utf8.count + $1.grammar.memory } }
  }

  private static let mostEntries = 64
  /// Of schemas, their automata, and what was found out about them.
  private static let mostBytes = 256 << 20

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

  /// Text with calls of functions, compiled.
  ///
  /// - Throws: `APIError`, 400 with `tools` as the member's name.
  func grammar(for syntax: CallSyntax) throws(APIError) -> CompiledGrammar {
    let vocabulary = knownVocabulary()
    do throws(ConstraintError) {
      return try cached("calls:" + syntax.key) { () throws(ConstraintError) in
        try CompiledGrammar.calls(syntax, vocabulary: vocabulary)
      }
    } catch {
      throw Self.refusal(error, param: "tools")
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
      // The last one is in use, however large.
      while state.entries.count > Self.mostEntries
        || state.entries.count > 1 && state.bytes > Self.mostBytes
      {
        state.entries.removeFirst()
      }
    }
    return grammar
  }

  private static func refusal(_ error: ConstraintError, _ constraint: Constraint) -> APIError {
    switch constraint {
    case .jsonSchema(_, let param), .regex(_, let param): refusal(error, param: param)
    case .jsonObject, .none: refusal(error, param: "response_format")
    }
  }

  private static func refusal(_ error: ConstraintError, param: String) -> APIError {
    let hint = error.hint.map { " \($0)" } ?? ""
    let code =
      switch error {
      case .unsupported, .unknownKeyword: "unsupported_parameter"
      default: "invalid_value"
      }
    return APIError(.badRequest, code: code, param: param, "\(error.description).\(hint)")
  }
}

extension CallSyntax {
  /// What it says, so that no two that differ say the same.
  fileprivate var key: String {
    let functions = functions.map { function -> JSON in
      [
        JSON(function.opening), JSON(function.closing), function.arguments,
        JSON(function.pointer),
      ]
    }
    let all: JSON = [JSON(functions), JSON("\(text)"), separator.map { JSON($0) } ?? .null]
    return all.serialized()
  }
}
