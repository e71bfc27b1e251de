package import Adapters
import Datasets
import ModelFiles
package import Models
import NN
package import TensorCore
package import Training

/// What everything is tried on: a model of which fresh copies can be made, an adapter, and a few rows.
package struct Subject {
  /// A copy of the model with the adapter around it.
  package struct Adapted {
    package let model: DecoderLM
    package let adapter: LoRAAdapter

    /// The adapter as something to train, its dropout switched off.
    package var withoutDropout: any TrainedWeights { WithoutDropout(adapter) }
  }

  /// The short rows, and what of them can be asked.
  package let rows: VerificationRows
  /// A PEFT directory; nil tries a new adapter.
  package let adapterPath: String?
  private let configuration: TransformerConfiguration
  package let weights: [String: Tensor<Float>]

  /// - Precondition: The model is plain.
  init(_ model: DecoderLM, adapterPath: String?, rows: VerificationRows) {
    configuration = model.configuration
    weights = Dictionary(
      uniqueKeysWithValues: model.parameters.map { ($0.path, $0.parameter.value) })
    (self.adapterPath, self.rows) = (adapterPath, rows)
  }

  /// A new model with the same weights, whose memory it shares until one of them is changed.
  package func base() -> DecoderLM { DecoderLM(configuration: configuration, weights: weights) }

  /// A new model with the adapter around it, the same bits each time.
  package func adapted() throws -> Adapted {
    guard let adapterPath else { return try freshlyAdapted() }
    let model = base()
    return Adapted(model: model, adapter: try LoRAAdapter(path: adapterPath, attachingTo: model))
  }

  /// A new model with a new adapter around it, whose update is not zero.
  package func freshlyAdapted() throws -> Adapted {
    let model = base()
    let adapter = try LoRAAdapter(
      LoRAConfiguration(rank: 8, alpha: 16, dropout: 0.1), attachingTo: model, seed: 1)
    for (index, entry) in adapter.parameters.enumerated() where entry.path.contains("lora_B") {
      var generator = RandomGenerator(seed: 2, stream: UInt64(index))
      let shape = entry.parameter.value.shape
      entry.parameter.value = Tensor(
        (0..<shape.count).map { _ in Float(0.01 * generator.nextNormal()) }, shape: shape)
    }
    return Adapted(model: model, adapter: adapter)
  }
}

/// The weights of an adapter, trained without dropping anything: masks are those of a pass, and checks
/// compare passes.
private final class WithoutDropout: TrainedWeights {
  private let adapter: LoRAAdapter

  init(_ adapter: LoRAAdapter) { self.adapter = adapter }

  var parameters: [NamedParameter] { adapter.parameters }
  var dropout: Double { 0 }
}
