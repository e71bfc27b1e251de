import Datasets
import Inference
import ModelFiles
import Models
import Tokenization

/// Text that the model writes while it is trained.
struct PretrainSamples {
  private let bundle: ModelBundle
  private let prompt: [Int]

  /// Samples that continue `prompt`, or else the first eight tokens of `document`.
  init(_ bundle: ModelBundle, prompt: String?, document: Example?) {
    self.bundle = bundle
    let tokenizer = bundle.tokenizer
    if let prompt, let tokenizer {
      self.prompt = tokenizer.sequencePrefix + tokenizer.encode(prompt)
    } else {
      self.prompt = (document?.ids.prefix(8) ?? []).map { Int($0) }
    }
  }

  /// What samples take at each look, as measured now.
  func seconds() throws -> Double {
    let start = ContinuousClock.now
    _ = try samples(step: 1)
    return (ContinuousClock.now - start).seconds
  }

  /// Sixty tokens after the prompt, at temperature 0.8; none where there is nothing to begin with, and before
  /// the first step, when the model knows nothing.
  func samples(step: Int) throws -> [RunSample] {
    guard !prompt.isEmpty, step > 0, let tokenizer = bundle.tokenizer else { return [] }
    let limit = bundle.configuration.maxPositions - prompt.count
    guard limit > 0 else { return [] }
    var text = ""
    try BatchGenerator(bundle, maximumBatch: 1).run(
      [
        GenerationRequest(
          prompt: prompt, maxTokens: min(60, limit),
          sampling: SamplingConfiguration(temperature: 0.8, seed: UInt64(step)))
      ]
    ) { _, result in text = result.text }
    return [
      RunSample(
        step: step, prompt: tokenizer.decode(prompt, skippingSpecialTokens: true), text: text)
    ]
  }
}
