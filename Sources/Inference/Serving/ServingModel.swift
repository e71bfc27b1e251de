package import ModelFiles
package import Models
import NN
import Synchronization
package import TensorCore
package import Tokenization

/// A model in the layout that serves many sequences at once.
///
/// `@unchecked Sendable` is sound because nothing is written after `init` but the workspace, which a step takes.
package final class ServingModel: @unchecked Sendable {
  package let configuration: TransformerConfiguration
  package let numerics: ServingNumerics
  /// Where the model was loaded from.
  package let origin: ModelBundle.Origin
  /// Nil where the model comes without one.
  package let tokenizer: Tokenizer?
  /// Bytes of the packed weights, read in full for every token that is decoded alone.
  package var weightBytes: Int { weights.arena.bytes }

  let weights: ServingWeights
  let kernels: ServingKernels
  package let pool: ThreadPool
  let rotary: RotaryEmbedding
  let workspace = Mutex<StepWorkspace?>(nil)

  /// Loads a Hugging Face directory or a GGUF file.
  ///
  /// - Parameters:
  ///   - path: The directory or the file.
  ///   - numerics: With `.fast`, weights that are not quantised become Q8_0.
  ///   - pool: Where steps are computed.
  ///   - kernels: What computes them; every choice gives the same bits.
  /// - Throws: `ModelFileError`, `TokenizerError` or `IOFailure`.
  package convenience init(
    path: String, numerics: ServingNumerics, pool: ThreadPool = .shared,
    kernels: ServingKernels = .selected
  ) throws {
    try self.init(ModelSource(path: path), numerics: numerics, pool: pool, kernels: kernels)
  }

  package init(
    _ source: ModelSource, numerics: ServingNumerics, pool: ThreadPool = .shared,
    kernels: ServingKernels = .selected
  ) throws {
    try source.checkTensors()
    configuration = source.configuration
    origin = source.origin
    tokenizer = source.tokenizer
    self.numerics = numerics
    self.pool = pool
    self.kernels = kernels
    rotary = RotaryEmbedding(frequencies: source.configuration.inverseFrequencies.map { Float($0) })
    weights = try ServingWeights(
      source.configuration, source.tensors, quantises: numerics == .fast, pool: pool)
    try source.checkUnchanged()
  }

  /// A pool with room for the keys and values of `tokens` positions.
  package func makeCachePool(tokens: Int) -> KeyValuePool {
    KeyValuePool(tokens: tokens, layout: pageLayout)
  }

  /// Where the keys and values of a page are.
  var pageLayout: PageLayout {
    PageLayout(
      layers: configuration.layerCount, keyValueHeads: configuration.keyValueHeadCount,
      head: configuration.headDimension, numberBytes: numerics == .fast ? 2 : 4)
  }

  /// Reads a PEFT directory for this model.
  ///
  /// - Throws: What `ServingAdapter.init` throws.
  package func adapter(path: String) throws -> ServingAdapter {
    try ServingAdapter(path: path, model: self)
  }
}
