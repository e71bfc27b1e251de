import Evaluation
import Foundation
import Inference
import Models
import Testing
import Tokenization

@Suite struct ChoiceTests {
  private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/Models/llama-bpe-tied").path

  @Test func theLengthDecidesOnlyTheNormalizedChoice() {
    let row = ChoiceRow(id: "a", query: "q", choices: ["ab", "abcdefgh"], gold: 1)

    let outcome = ChoiceEvaluator.outcome(row, [-4, -8], [1, 3])
    let tie = ChoiceEvaluator.outcome(row, [-4, -4], [1, 3])

    #expect(outcome.choice == 0 && !outcome.isRight)
    #expect(outcome.normalizedChoice == 1 && outcome.isNormalizedRight)
    #expect(tie.choice == 0)
  }

  @Test func likelihoodsAreThoseOfTheServingEngine() async throws {
    let engine = try ServingEngine(modelPath: Self.model, configuration: .init(numerics: .exact))
    let bundle = try ModelBundle(path: Self.model)
    let tokenizer = try #require(bundle.tokenizer)
    let row = ChoiceRow(
      id: "a", query: "the ferry ", choices: ["leaves at 12:45.", "a lamp"], gold: 0)

    let outcome = try ChoiceEvaluator(model: bundle.model, tokenizer: tokenizer).run([row])[0]

    for (index, choice) in row.choices.enumerated() {
      // As lm-eval encodes a pair: the space at the end of the query goes to the choice.
      let whole = tokenizer.encode("the ferry  " + choice)
      let start = tokenizer.encode("the ferry").count
      let scores = try await engine.score(
        Array(whole[start...]), after: Array(whole[..<start]))
      let sum = scores.reduce(0.0) { $0 + Double($1.logprob ?? 0) }
      #expect(outcome.tokens[index] == scores.count)
      #expect(abs(outcome.logLikelihoods[index] - sum) < 1e-3)
    }
  }

  @Test(arguments: [
    (#"{"query": "a", "choices": ["b"], "gold": 0}"#, "'choices' must be"),
    (#"{"query": "a", "choices": ["b", "c"], "gold": 2}"#, "'gold' must be"),
    (#"{"query": "a", "choices": ["b", 1], "gold": 0}"#, "'choices' must be"),
    (#"{"query": "a", "choices": ["b", "c"], "gold": 0, "x": 1}"#, "unknown key 'x'"),
    ("[]", "an object"), ("{", ":2: "),
  ])
  func rowsThatAreNoneAreRefusedWithTheirLine(row: String, said: String) throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("graft-choices-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    let good = #"{"query": "a", "choices": ["b", "c"], "gold": 1}"#
    try Data("\(good)\n\(row)\n".utf8).write(to: file)

    let error = #expect(throws: ChoiceError.self) { try ChoiceRow.rows(path: file.path) }

    #expect(error?.description.contains(":2: ") == true)
    #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
  }
}
