package import Adapters
package import Models
package import NN

/// What a run trains: an adapter, or the model itself.
package protocol TrainedWeights: AnyObject {
  /// The weights by their names, always in the same order.
  var parameters: [NamedParameter] { get }
  /// The probability with which an adapter's inputs are dropped.
  var dropout: Double { get }
}

extension LoRAAdapter: TrainedWeights {
  package var dropout: Double { configuration.dropout }
}

/// All weights of a model, for full fine-tuning.
package final class WholeModel: TrainedWeights {
  package let model: DecoderLM
  package let parameters: [NamedParameter]

  /// Makes every weight of `model` trainable.
  ///
  /// - Precondition: The model has no adapter, and nothing in it is packed.
  package init(_ model: DecoderLM) {
    self.model = model
    parameters = model.parameters
    for (_, parameter) in parameters { parameter.isTrainable = true }
  }

  package var dropout: Double { 0 }
}
