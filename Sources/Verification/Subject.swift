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
    try freshlyAdapted(LoRAConfiguration(rank: 8, alpha: 16, dropout: 0.1))
  }

  /// Every form of an adapter that a check has to hold for: the one of the directory, or else a new one of
  /// LoRA, and a small one with what LoRA does not have: DoRA's magnitudes, and rows of tokens.
  package func forms() throws -> [Form] {
    if adapterPath != nil { return [Form(name: "the adapter", adapted: try adapted())] }
    var small = LoRAConfiguration(rank: 2, alpha: 4)
    small.usesDoRA = true
    small.lastLayers = min(2, max(1, configuration.layerCount))
    // One token that is read and one that is asked for.
    let row = rows.shortest(1).first
    let tokens = [row?.ids.first, row?.ids.last].compactMap { $0.map { Int($0) } }
    small.trainedTokens = Array(Set(tokens)).sorted()
    return [
      Form(name: "LoRA", adapted: try freshlyAdapted()),
      Form(name: "DoRA with token rows", adapted: try freshlyAdapted(small)),
    ]
  }

  /// A copy of the model with an adapter, and what the adapter is called.
  package struct Form {
    package let name: String
    package let adapted: Adapted
  }

  private func freshlyAdapted(_ form: LoRAConfiguration) throws -> Adapted {
    let model = base()
    let adapter = try LoRAAdapter(form, attachingTo: model, seed: 1)
    for (index, entry) in adapter.parameters.enumerated() where !entry.path.contains("lora_A") {
      var generator = RandomGenerator(seed: 2, stream: UInt64(index))
      let value = entry.parameter.value
      // Magnitudes and rows are moved by a twentieth of their size; B, which is zero, gets numbers.
      let isFactor = entry.path.contains("lora_B")
      let size = (Double(value.sumOfSquares()) / Double(max(1, value.count))).squareRoot()
      let deviation = isFactor ? 0.01 : 0.05 * max(size, 1e-3)
      let moved = value.scalars.map { ($0, generator.nextNormal()) }
        .map { $0 + Float(deviation * $1) }
      entry.parameter.value = Tensor(moved, shape: value.shape)
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
