import Inference
import ModelFiles
public import Models
public import Tokenization

/// Measures how often a model finds the right answer the most probable one.
///
/// Each answer follows the query after one space, as in lm-eval: `acc` takes the greatest
/// log-likelihood, `acc_norm` the greatest for each character of the answer. Ties go to the first.
public struct ChoiceEvaluator {
  /// What came out for one row.
  public struct Outcome: Sendable, Equatable {
    /// The log-likelihood of each choice, in nats.
    public var logLikelihoods: [Double]
    /// How many tokens each choice has.
    public var tokens: [Int]
    /// The most probable choice.
    public var choice: Int
    /// The most probable choice for its length.
    public var normalizedChoice: Int
    /// Whether they are right.
    public var isRight: Bool
    /// Whether the most probable choice for its length is right.
    public var isNormalizedRight: Bool
  }

  private let model: DecoderLM
  private let tokenizer: Tokenizer

  /// An evaluator of a model with whatever adapter is switched on.
  public init(model: DecoderLM, tokenizer: Tokenizer) {
    (self.model, self.tokenizer) = (model, tokenizer)
  }

  /// Measures the rows.
  ///
  /// - Parameters:
  ///   - rows: The questions.
  ///   - proceed: Called with the number of choices that are done, and of all; false stops.
  /// - Returns: One outcome a row, fewer if it was stopped.
  /// - Throws: `ChoiceError.tooLong`.
  public func run(
    _ rows: [ChoiceRow], proceed: (_ completed: Int, _ total: Int) -> Bool = { _, _ in true }
  ) throws -> [Outcome] {
    let encoder = ContinuationEncoder(tokenizer)
    let context = model.configuration.maxPositions
    var documents: [LossEvaluator.Document] = []
    for row in rows {
      for choice in row.choices {
        let (ids, start) = encoder.encode(row.query, " " + choice)
        guard ids.count <= context else {
          throw ChoiceError.tooLong(id: row.id, tokens: ids.count, context: context)
        }
        let labels = ids.enumerated().map { $0 < start ? Int32(-100) : Int32($1) }
        documents.append((ids.map { Int32($0) }, labels))
      }
    }
    let losses = LossEvaluator(model: model).losses(documents) { proceed($0, documents.count) }
    var outcomes: [Outcome] = []
    var next = 0
    for row in rows where next + row.choices.count <= losses.count {
      let own = losses[next..<next + row.choices.count]
      next += row.choices.count
      outcomes.append(Self.outcome(row, own.map { -$0.nats }, own.map(\.tokens)))
    }
    return outcomes
  }

  /// What the likelihoods say of a row.
  public static func outcome(_ row: ChoiceRow, _ likelihoods: [Double], _ tokens: [Int])
    -> Outcome
  {
    let normalized = zip(likelihoods, row.choices).map { $0 / Double($1.unicodeScalars.count) }
    let (choice, normalizedChoice) = (greatest(likelihoods), greatest(normalized))
    return Outcome(
      logLikelihoods: likelihoods, tokens: tokens, choice: choice,
      normalizedChoice: normalizedChoice, isRight: choice == row.gold,
      isNormalizedRight: normalizedChoice == row.gold)
  }

  private static func greatest(_ values: [Double]) -> Int {
    values.indices.dropFirst().reduce(0) { values[$1] > values[$0] ? $1 : $0 }
  }
}
