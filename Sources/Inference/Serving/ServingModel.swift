package import ModelFiles
package import Models
package import TensorCore
package import Tokenization

/// A model in the layout that serves many sequences at once.
///
/// `@unchecked Sendable` is sound because nothing is written after `init`.
package final class ServingModel: @unchecked Sendable {
  package let configuration: TransformerConfiguration
  package let numerics: ServingNumerics
  /// Where the model was loaded from.
  package let origin: ModelBundle.Origin
  /// Nil where the model comes without one.
  package let tokenizer: Tokenizer?
  let weights: [String: Tensor<Float>]
  let pool: ThreadPool

  /// Loads a Hugging Face directory or a GGUF file.
  ///
  /// - Throws: `ModelFileError`, `TokenizerError` or `IOFailure`.
  package convenience init(
    path: String, numerics: ServingNumerics, pool: ThreadPool = .shared
  ) throws {
    try self.init(ModelSource(path: path), numerics: numerics, pool: pool)
  }

  package init(_ source: ModelSource, numerics: ServingNumerics, pool: ThreadPool = .shared) throws
  {
    try source.checkTensors()
    configuration = source.configuration
    origin = source.origin
    tokenizer = source.tokenizer
    self.numerics = numerics
    self.pool = pool
    weights = try WeightLoader(source.tensors).load(
      DecoderLM.expectedTensors(source.configuration))
    try source.checkUnchanged()
  }

  /// A pool with room for the keys and values of `tokens` positions.
  package func makeCachePool(tokens: Int) -> KeyValuePool {
    KeyValuePool(
      tokens: tokens,
      layout: PageLayout(
        layers: configuration.layerCount, keyValueHeads: configuration.keyValueHeadCount,
        head: configuration.headDimension, numberBytes: 4))
  }

  /// Reads a PEFT directory for this model.
  ///
  /// - Throws: What `ServingAdapter.init` throws.
  package func adapter(path: String) throws -> ServingAdapter {
    try ServingAdapter(path: path, model: configuration, numerics: numerics)
  }
}
