/// Two answers to one prompt, as token ids: one of them is better.
public struct PreferencePair: Sendable, Equatable {
  /// The prompt with the better answer, which alone has labels.
  public var chosen: Example
  /// The prompt with the worse answer, which alone has labels.
  public var rejected: Example

  /// A pair of examples that begin alike.
  public init(chosen: Example, rejected: Example) {
    (self.chosen, self.rejected) = (chosen, rejected)
  }

  /// The pair of a preference row's two sides; nil for other rows, and where a side is left out.
  init?(_ sides: [TokenisedRow]) {
    guard sides.count == 2, let chosen = sides[0].example, let rejected = sides[1].example else {
      return nil
    }
    self.init(chosen: chosen, rejected: rejected)
  }

  /// Tokens of both sides.
  package var tokenCount: Int { chosen.ids.count + rejected.ids.count }

  /// Both sides, the better one first.
  package var examples: [Example] { [chosen, rejected] }
}

/// Pairs in memory: each row is a pair.
package struct PairList: ExampleSource {
  package let pairs: [PreferencePair]

  package init(_ pairs: [PreferencePair]) { self.pairs = pairs }

  package var rowCount: Int { pairs.count }
  package func examples(ofRow index: Int) -> [Example] { pairs[index].examples }
}
