import Evaluation
import Foundation
import SafeIO
import Testing

@Suite struct ScoresTests {
  private func row(_ nats: Double, _ tokens: Int, _ answer: String, _ reference: String)
    -> RowOutcome
  {
    RowOutcome(
      loss: LossSummary(nats: nats, tokens: tokens, bytes: 2 * tokens), prediction: answer,
      score: RowScore(prediction: answer, reference: reference))
  }

  private var base: [RowOutcome] {
    [
      row(10, 5, "no", #"{"a": 1, "b": {"c": 2}}"#),
      row(2, 5, #"{"a": 1}"#, #"{"a": 1, "b": {"c": 2}}"#),
    ]
  }

  private var adapter: [RowOutcome] {
    [
      row(1, 5, #"{"b": {"c": 2}, "a": 1}"#, #"{"a": 1, "b": {"c": 2}}"#),
      row(1, 5, #"{"a": 0, "b": {"c": 2}}"#, #"{"a": 1, "b": {"c": 2}}"#),
    ]
  }

  private let figures: [Figure] = [
    .loss, .perplexity, .bitsPerByte, .metric(.exactMatch), .metric(.validJSON),
    .metric(.exactJSON), .metric(.fieldF1), .field("a"),
  ]

  // By hand: 12 nats over 10 tokens and 20 bytes; of 4 pairs one predicted and one matched.
  @Test func figuresOfASystemAreThoseOfAllItsRows() throws {
    let scores = Scores(base, figures: figures)

    let values = figures.map { scores[$0]?.interval.estimate ?? .nan }
    let expected = [1.2, exp(1.2), 12 / (20 * M_LN2), 0, 0.5, 0, 0.4, 0.5]
    for (value, wanted) in zip(values, expected) { #expect(abs(value - wanted) < 1e-12) }
    #expect(scores.entries.allSatisfy { $0.rows == 2 })
  }

  @Test func intervalsLieBetweenTheFiguresOfSingleRows() throws {
    let interval = try #require(Scores(base, figures: [.loss])[.loss]?.interval)

    #expect(interval.lower == 0.4)
    #expect(interval.upper == 2)
  }

  @Test func differencesAreTheAdaptersLessTheBases() throws {
    let scores = Scores(of: adapter, over: base, figures: figures)

    #expect(abs(try #require(scores[.loss]?.interval.estimate) - (0.2 - 1.2)) < 1e-12)
    #expect(scores[.metric(.validJSON)]?.interval.estimate == 0.5)
    #expect(scores[.metric(.exactJSON)]?.interval.estimate == 0.5)
    #expect(scores[.field("a")]?.interval.estimate == 0)
    #expect(abs(try #require(scores[.metric(.fieldF1)]?.interval.estimate) - (0.75 - 0.4)) < 1e-12)
  }

  @Test func onlyRowsThatBothHaveDoneAreCompared() throws {
    var stopped = adapter
    stopped[1] = RowOutcome(loss: stopped[1].loss)

    let scores = Scores(of: stopped, over: base, figures: figures)

    #expect(scores[.metric(.validJSON)]?.rows == 1)
    #expect(scores[.metric(.validJSON)]?.interval.estimate == 1)
    #expect(scores[.loss]?.rows == 2)
  }

  @Test func figuresThatNoRowHasAreLeftOut() {
    let scores = Scores([RowOutcome(loss: LossSummary(nats: 1, tokens: 1))], figures: figures)

    #expect(scores.entries.map(\.figure) == [.loss, .perplexity])
    #expect(scores.json["exact_match"] == nil)
    #expect(scores.json["answer_rows"]?.int == 0)
  }
}
