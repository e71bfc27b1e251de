package import SafeIO

/// A constraint on text, ready to say at each step which tokens may come next.
public final class CompiledGrammar: Sendable {
  /// An upper bound on the tokens that the shortest text takes, which is the number itself but for
  /// rare vocabularies; a smaller `max_tokens` must be refused.
  public let minimalTokens: Int
  /// The tokens that it speaks of.
  public let vocabulary: TokenVocabulary

  init(vocabulary: TokenVocabulary, minimalTokens: Int) {
    self.vocabulary = vocabulary
    self.minimalTokens = minimalTokens
  }

  /// Text that is JSON and satisfies `schema`.
  ///
  /// - Throws: `ConstraintError`, with the place in the schema and the keyword.
  package static func json(
    schema: JSON, vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    throw .unsupported(pointer: "", keyword: "schema", reason: "being written")
  }

  /// Text that is JSON and satisfies the schema that `schemaText` is.
  ///
  /// - Throws: `ConstraintError`, with the place in the schema and the keyword.
  public static func json(
    schemaText: String, vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    throw .unsupported(pointer: "", keyword: "schema", reason: "being written")
  }

  /// Text that is any JSON object.
  ///
  /// - Throws: `ConstraintError` if the vocabulary cannot write one.
  public static func jsonObject(
    vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    throw .unsupported(pointer: "", keyword: "schema", reason: "being written")
  }

  /// Text that matches `pattern` from its first to its last character.
  ///
  /// - Throws: `ConstraintError`, with the place in the pattern.
  public static func regex(
    _ pattern: String, vocabulary: TokenVocabulary, limits: ConstraintLimits = .init()
  ) throws(ConstraintError) -> CompiledGrammar {
    throw .unsupported(pointer: "", keyword: "regex", reason: "being written")
  }
}
