public import Datasets
package import SafeIO

/// A base and an adapter, or one of them, on the same rows.
public struct Comparison: Sendable {
  /// What was compared.
  public let figures: [Figure]
  /// What came out of the base.
  public let base: Evaluator.Outcome?
  /// What came out of the adapter.
  public let adapter: Evaluator.Outcome?
  /// The base's figures.
  public let baseScores: Scores?
  /// The adapter's figures.
  public let adapterScores: Scores?
  /// The adapter's figures less the base's, on the rows that both have done.
  public let difference: Scores?

  /// The figures of what both were measured on; without `metrics`, those that suit the references.
  public init(
    _ examples: [Example], base: Evaluator.Outcome?, adapter: Evaluator.Outcome?,
    metrics: [Figure.Metric]? = nil, bootstrap: Bootstrap = Bootstrap()
  ) {
    let figures = Self.figures(examples.compactMap(\.answer), metrics)
    self.init(base: base, adapter: adapter, figures: figures, bootstrap: bootstrap)
  }

  /// The figures of what both were measured on, and those of a pattern that answers should match.
  ///
  /// - Throws: `EvaluationError.patternMatchesNothing`.
  public init(
    _ examples: [Example], base: Evaluator.Outcome?, adapter: Evaluator.Outcome?,
    metrics: [Figure.Metric]? = nil, pattern: AnswerPattern,
    bootstrap: Bootstrap = Bootstrap()
  ) throws(EvaluationError) {
    let figures = try Self.figures(
      references: examples.compactMap(\.answer), metrics, pattern: pattern)
    func scored(_ outcome: Evaluator.Outcome?) -> Evaluator.Outcome? {
      guard var outcome else { return nil }
      for (index, example) in examples.enumerated() {
        guard let answer = outcome.rows[index].prediction, let reference = example.answer else {
          continue
        }
        outcome.rows[index].score = RowScore(
          prediction: answer, reference: reference, pattern: pattern)
      }
      return outcome
    }
    self.init(
      base: scored(base), adapter: scored(adapter), figures: figures, bootstrap: bootstrap)
  }

  private init(
    base: Evaluator.Outcome?, adapter: Evaluator.Outcome?, figures: [Figure], bootstrap: Bootstrap
  ) {
    (self.base, self.adapter, self.figures) = (base, adapter, figures)
    baseScores = base.map { Scores($0.rows, figures: figures, bootstrap: bootstrap) }
    adapterScores = adapter.map { Scores($0.rows, figures: figures, bootstrap: bootstrap) }
    difference = base.flatMap { base in
      adapter.map {
        Scores(of: $0.rows, over: base.rows, figures: figures, bootstrap: bootstrap)
      }
    }
  }

  /// The most fields whose accuracy is reported.
  private static let fieldLimit = 24

  /// The figures of answers to these references, with those of a pattern.
  static func figures(
    references: [String], _ metrics: [Figure.Metric]?, pattern: AnswerPattern?
  ) throws(EvaluationError) -> [Figure] {
    let figures = figures(references, metrics)
    guard let pattern else { return figures }
    guard references.contains(where: { pattern.fields(of: $0) != nil }) else {
      throw .patternMatchesNothing(pattern.text, rows: references.count)
    }
    return figures + [.patternMatch]
      + pattern.groups.flatMap { [.group($0), .groupRougeL($0)] as [Figure] }
  }

  private static func figures(_ references: [String], _ metrics: [Figure.Metric]?) -> [Figure] {
    let areObjects =
      !references.isEmpty && references.allSatisfy { JSONMatch.value(of: $0)?.object != nil }
    let chosen =
      metrics
      ?? Figure.Metric.allCases.filter { $0.needsObjects == areObjects || $0 == .exactMatch }
    var figures: [Figure] = [.loss, .perplexity, .bitsPerByte]
    figures += chosen.filter { $0 != .fieldAccuracy }.map { .metric($0) }
    guard chosen.contains(.fieldAccuracy), areObjects else { return figures }
    var names: [String] = []
    for name in references.lazy.flatMap(RowScore.scalarFields)
    where !names.contains(name) {
      names.append(name)
      if names.count == fieldLimit { break }
    }
    return figures + names.map { .field($0) }
  }

  /// `base`, `adapter` and `difference`, those that there are.
  package var json: JSONObject {
    var json = JSONObject()
    for case (let key, let outcome?, let scores?) in [
      ("base", base, baseScores), ("adapter", adapter, adapterScores),
    ] {
      var object = scores.json
      let done = outcome.rows.compactMap(\.loss)
      object["supervised_tokens"] = JSON(done.reduce(0) { $0 + $1.tokens })
      object["generated_tokens"] = JSON(outcome.generatedTokens)
      object["cut_answers"] = JSON(outcome.cutAnswers)
      object["seconds"] = JSON(outcome.seconds)
      object["loss_seconds"] = JSON(outcome.lossSeconds)
      object["answer_seconds"] = JSON(outcome.answerSeconds)
      object["stopped"] = JSON(outcome.isStopped)
      json[key] = JSON(object)
    }
    if let difference { json["difference"] = JSON(difference.json) }
    return json
  }
}
