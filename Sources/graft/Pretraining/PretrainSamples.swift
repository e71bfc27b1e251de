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

  /// Sixty tokens after the prompt, at temperature 0.8; nil where there is nothing to begin with.
  func sample(step: Int) throws -> String? {
    guard !prompt.isEmpty, let tokenizer = bundle.tokenizer else { return nil }
    let limit = bundle.configuration.maxPositions - prompt.count
    guard limit > 0 else { return nil }
    var text = ""
    try BatchGenerator(bundle, maximumBatch: 1).run(
      [
        GenerationRequest(
          prompt: prompt, maxTokens: min(60, limit),
          sampling: SamplingConfiguration(temperature: 0.8, seed: UInt64(step)))
      ]
    ) { _, result in text = result.text }
    return (tokenizer.decode(prompt, skippingSpecialTokens: true) + text)
      .split(separator: "\n").joined(separator: " ")
  }
}
