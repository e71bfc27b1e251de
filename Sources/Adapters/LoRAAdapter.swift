import ModelFiles
public import NN
import TensorCore

/// A low-rank adapter that sits around the projections of one model.
public final class LoRAAdapter {
  /// What the adapter looks like.
  public let configuration: LoRAConfiguration
  /// The adapted layers by their paths in the model, in the model's order.
  package let layers: [(path: String, layer: LoRALinear)]

  /// What `adapter_config.json` says of it, with what `configuration` has no word for.
  let description: PEFTConfiguration

  init(
    configuration: LoRAConfiguration, description: PEFTConfiguration,
    layers: [(path: String, layer: LoRALinear)]
  ) {
    (self.configuration, self.description, self.layers) = (configuration, description, layers)
  }

  /// Wraps the targeted projections of `model`; until trained, the model computes what it did.
  ///
  /// `a` is uniform in ±1/√inputs (PEFT's `kaiming_uniform_(a=√5)`), `b` is zero.
  ///
  /// - Parameters:
  ///   - configuration: Rank, scale and targets.
  ///   - model: Its projections are replaced by adapted ones; their own weights are shared and stay.
  ///   - seed: The same seed gives the same first weights.
  /// - Throws: `AdapterError.unknownTargets` when a target names no projection.
  public convenience init(
    _ configuration: LoRAConfiguration, attachingTo model: any AdaptableModel, seed: UInt64
  ) throws {
    let description = configuration.peft(baseModelName: nil)
    var names: [String] = []
    model.updateProjections { path, _ in
      let name = path.split(separator: ".").last.map(String.init) ?? path
      if !names.contains(name) { names.append(name) }
    }
    let unknown = configuration.targets.filter { target in
      target != "all-linear"
        && !names.contains { name in
          LoRAConfiguration(targets: [target]).peft(baseModelName: nil).targets(name)
        }
    }
    guard unknown.isEmpty else {
      throw AdapterError.unknownTargets(unknown, available: names)
    }
    var layers: [(path: String, layer: LoRALinear)] = []
    model.updateProjections { path, layer in
      guard description.targets(path), let linear = layer as? any AdaptableLayer else { return }
      let stream = UInt64(layers.count)
      var generator = RandomGenerator(seed: seed, stream: stream)
      let bound = 1 / Double(linear.inputSize).squareRoot()
      let count = configuration.rank * linear.inputSize
      let down = (0..<count).map { _ in Float((2 * generator.nextUniform() - 1) * bound) }
      let adapted = LoRALinear(
        adapting: linear, down: Tensor(down, shape: [configuration.rank, linear.inputSize]),
        up: .zeros([linear.outputSize, configuration.rank]),
        scale: Float(configuration.alpha / Double(configuration.rank)),
        dropout: configuration.dropout, stream: stream)
      layers.append((path, adapted))
      layer = adapted
    }
    self.init(configuration: configuration, description: description, layers: layers)
  }

  /// Whether the model computes with the adapter; off, it is the base again.
  public var isEnabled: Bool {
    get { layers.allSatisfy(\.layer.isEnabled) }
    set { for (_, layer) in layers { layer.isEnabled = newValue } }
  }

  /// The trained weights by PEFT's names, `a` and `b` of each layer in turn.
  public var parameters: [NamedParameter] {
    layers.flatMap { path, layer in
      [
        ("base_model.model.\(path).lora_A.weight", layer.down),
        ("base_model.model.\(path).lora_B.weight", layer.up),
      ]
    }
  }

  /// How many numbers are trained.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.value.count } }
}
