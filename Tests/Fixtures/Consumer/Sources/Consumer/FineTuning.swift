import Adapters
import Datasets
import Evaluation
import Inference
import Models
import Tokenization
import Training

/// Trains an adapter on rows of JSON Lines, and uses it: the whole way, as an application would go.
struct FineTuning {
  /// A Hugging Face directory or a GGUF file.
  let modelPath: String
  /// Rows with `prompt` and `completion`, or with `messages`.
  let dataPath: String
  /// Where the adapter is written: a directory that PEFT loads too.
  let adapterPath: String

  /// Trains and saves the adapter; the model comes back with it attached.
  ///
  /// - Returns: The model, and the loss of every step in nats per token.
  func train() throws -> (model: ModelBundle, losses: [Double]) {
    let base = try ModelBundle(path: modelPath)
    let adapter = try LoRAAdapter(
      LoRAConfiguration(rank: 8, alpha: 16), attachingTo: base.model, seed: 0)
    var configuration = TrainingConfiguration()
    configuration.steps = 100
    configuration.batchSize = 6
    configuration.learningRate = 1e-2
    let trainer = try Trainer(
      model: base.model, training: adapter, examples: examples(for: base),
      configuration: configuration)

    var losses: [Double] = []
    try trainer.run { event in
      guard case .step(let record) = event else { return }
      losses.append(record.loss)
    }
    try adapter.save(to: adapterPath, trainedOn: base.fingerprint(), baseModelName: modelPath)
    return (base, losses)
  }

  /// Measures the model with and without the saved adapter, on all rows.
  func evaluate() async throws -> Comparison {
    let base = try ModelBundle(path: modelPath)
    let adapter = try LoRAAdapter(
      path: adapterPath, attachingTo: base.model, verifying: base.fingerprint())
    let examples = try examples(for: base)
    let evaluator = Evaluator(model: base.model, tokenizer: base.tokenizer, maxTokens: 16)

    adapter.isEnabled = false
    let before = try await evaluator.run(examples)
    adapter.isEnabled = true
    return Comparison(examples, base: before, adapter: try await evaluator.run(examples))
  }

  private func examples(for base: ModelBundle) throws -> [Example] {
    var builder = ExampleBuilder(
      tokenizer: base.tokenizer, vocabularySize: base.configuration.vocabularySize,
      maxLength: base.configuration.maxPositions, keepsPrompts: true)
    return try builder.examples(from: RowReader.rows(path: dataPath))
  }
}

/// The answer to one message, the most probable token at each step.
func answer(_ question: String, by engine: InferenceEngine) async throws -> String {
  let prompt = try await engine.encode([ChatMessage(role: "user", content: question)])
  return try await engine.generate(GenerationRequest(prompt: prompt, maxTokens: 16)).text
}
