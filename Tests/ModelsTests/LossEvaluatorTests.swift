import Foundation
import ModelFiles
import Models
import SafeIO
import Testing

/// Against transformers' losses in Tests/Fixtures/Models/*/reference.json.
@Suite struct LossEvaluatorTests {
  static let models = [
    "llama-untied", "llama-tied", "llama-headdim", "llama3-rope", "qwen2", "qwen3", "mistral",
  ]

  @Test(arguments: models, [16, 2048])
  func meanLossOfTwoDocumentsIsTheReference(name: String, tokensPerBatch: Int) throws {
    let reference = try Reference(name)
    let bundle = try ModelBundle(path: Reference.path(name))

    let losses = LossEvaluator(model: bundle.model, tokensPerBatch: tokensPerBatch)
      .losses(reference.documents)

    let tokens = losses.reduce(0) { $0 + $1.tokens }
    let mean = losses.reduce(0) { $0 + $1.nats } / Double(tokens)
    #expect(losses.count == 2)
    #expect(tokens == reference.supervisedTokens)
    #expect(abs(mean - reference.loss) < 1e-5 * reference.loss, "\(mean), not \(reference.loss)")
  }

  @Test func documentsDoNotSeeTheirNeighbours() throws {
    let reference = try Reference("llama-untied")
    let evaluator = LossEvaluator(
      model: try ModelBundle(path: Reference.path("llama-untied")).model)

    let together = evaluator.losses(reference.documents + reference.documents)
    let alone = reference.documents.flatMap { evaluator.losses([$0]) }

    for (index, loss) in together.enumerated() {
      #expect(loss.tokens == alone[index % 2].tokens)
      #expect(abs(loss.nats - alone[index % 2].nats) < 1e-5 * loss.nats)
    }
  }

  @Test func theLabelOfTheFirstPositionAndDocumentsWithoutLabelsCountNothing() throws {
    let evaluator = LossEvaluator(model: try ModelBundle(path: Reference.path("llama-tied")).model)
    let masked: [Int32] = [-100, -100, -100]

    let losses = evaluator.losses([
      ([5, 6, 7], masked), ([5, 6, 7], [5, -100, -100]), ([], []), ([5, 6, 7], [-100, 6, -100]),
      ([5, 6], [5, 6]),
    ])

    #expect(losses.map(\.tokens) == [0, 0, 0, 1, 1])
    #expect(losses[0...2].allSatisfy { $0.nats == 0 })
    #expect(losses[3].nats > 0)
    #expect(abs(losses[3].nats - losses[4].nats) < 1e-5)
  }

  @Test func aPassThatIsStoppedReturnsWhatIsDone() throws {
    let reference = try Reference("llama-tied")
    let model = try ModelBundle(path: Reference.path("llama-tied")).model

    var seen: [Int] = []
    let losses = LossEvaluator(model: model, tokensPerBatch: 1)
      .losses(reference.documents + reference.documents) { completed in
        seen.append(completed)
        return completed < 3
      }

    #expect(seen == [1, 2, 3])
    #expect(losses.count == 3)
  }
}

/// A directory of Tests/Fixtures/Models with what transformers computed.
struct Reference {
  let documents: [LossEvaluator.Document]
  let loss: Double
  let supervisedTokens: Int
  let arrays: SafetensorsFile

  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/Models/\(name)").path
  }

  init(_ name: String) throws {
    let json = try JSON(parsingFile: "\(Self.path(name))/reference.json")
    let integers = { (json: JSON?) in (json?.array ?? []).compactMap(\.int).map { Int32($0) } }
    documents = (json["documents"]?.array ?? []).map {
      (integers($0["input_ids"]), integers($0["labels"]))
    }
    loss = try #require(json["loss"]?.double)
    supervisedTokens = try #require(json["supervised_tokens"]?.int)
    arrays = try SafetensorsFile(path: "\(Self.path(name))/reference.safetensors")
  }
}
