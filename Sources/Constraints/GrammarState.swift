/// How far a text has come under a grammar; a value, one for each text that is being written.
///
/// Numbers of tokens left include the one that is about to be chosen and exclude the token that ends
/// the sequence.
public struct GrammarState: Sendable {
  /// The grammar that it follows.
  public let grammar: CompiledGrammar

  /// The beginning of a text.
  public init(_ grammar: CompiledGrammar) { self.grammar = grammar }

  /// Goes on by `token`; false, and no change, if the grammar does not allow it.
  public mutating func advance(_ token: Int) -> Bool { false }

  /// Fills `mask` with the tokens after which the text can still be completed.
  ///
  /// - Parameters:
  ///   - mask: A mask of the vocabulary's size.
  ///   - tokensLeft: How many tokens may still be written; nil for any number.
  public func fillMask(_ mask: inout TokenMask, tokensLeft: Int?) {}

  /// Whether `fillMask` would allow `token`, at a fraction of the cost.
  public func allows(_ token: Int, tokensLeft: Int?) -> Bool { false }

  /// Whether the text may end here.
  public var isComplete: Bool { false }

  /// Whether the text is complete and nothing can follow, so that no end token need be asked for.
  public var isFinished: Bool { false }

  /// How many tokens suffice to complete the text, 0 if it is complete.
  public var minimalTokensToEnd: Int? { nil }
}
