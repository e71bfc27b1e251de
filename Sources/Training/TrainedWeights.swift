public import Adapters
public import Models
public import NN
import TensorCore

/// What a run trains: an adapter, or the model itself.
public protocol TrainedWeights: AnyObject {
  /// The weights by their names, always in the same order.
  var parameters: [NamedParameter] { get }
  /// The probability with which an adapter's inputs are dropped.
  var dropout: Double { get }
}

/// Trained weights without which the model is the base again, as a preference loss needs it for reference.
public protocol SwitchableWeights: TrainedWeights {
  /// Whether the model computes with them.
  var isEnabled: Bool { get set }
}

extension LoRAAdapter: SwitchableWeights {
  /// The adapter's own rate.
  public var dropout: Double { configuration.dropout }
}

/// All weights of a model, for full fine-tuning.
public final class WholeModel: TrainedWeights {
  /// The model.
  public let model: DecoderLM
  /// Every weight by its name in the checkpoint.
  public let parameters: [NamedParameter]

  /// Makes every weight of `model` trainable.
  ///
  /// - Precondition: The model has no adapter, and nothing in it is packed.
  public init(_ model: DecoderLM) {
    require(model.isPlain, "WholeModel: the model is packed or adapted")
    self.model = model
    parameters = model.parameters
    for (_, parameter) in parameters { parameter.isTrainable = true }
  }

  /// None.
  public var dropout: Double { 0 }
}
