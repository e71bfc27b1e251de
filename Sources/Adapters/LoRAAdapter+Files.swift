package import ModelFiles
public import NN
import SafeIO
import TensorCore

extension LoRAAdapter {
  /// Wraps the projections that a PEFT directory has weights for.
  ///
  /// Whether it was trained on this model is not asked; `init(path:attachingTo:verifying:)` does.
  ///
  /// - Parameters:
  ///   - path: A PEFT directory.
  ///   - model: Left as it was if anything is thrown.
  /// - Throws: `ModelFileError` for a directory that is refused; `AdapterError` for one that does not
  ///   fit this model: every tensor must find its place and every targeted module its tensors.
  public convenience init(path: String, attachingTo model: any AdaptableModel) throws {
    let directory = try PEFTDirectory(path: path)
    let description = directory.configuration
    // A refused adapter leaves the model as it was: all is read and checked before the first layer changes.
    let weights = try AdapterWeights(directory, fitting: AdapterSeat(of: model))
    var next = weights.projections[...]
    var layers: [(path: String, layer: LoRALinear)] = []
    model.updateProjections { path, layer in
      guard next.first?.path == path, let base = layer as? any AdaptableLayer,
        let projection = next.popFirst()
      else { return }
      let adapted = LoRALinear(
        adapting: base, projection, dropout: description.dropout, stream: UInt64(layers.count))
      layers.append((path, adapted))
      layer = adapted
    }
    self.init(
      configuration: LoRAConfiguration(description), description: description, layers: layers,
      tokenRows: Self.attach(weights.tokenRows, to: model), hashes: weights.hashes)
  }

  /// Writes `adapter_config.json` and `adapter_model.safetensors`, as PEFT names and lays them out.
  ///
  /// - Parameters:
  ///   - path: An existing directory; both files are written whole.
  ///   - baseModelName: What `base_model_name_or_path` says.
  /// - Throws: `IOFailure`.
  package func save(to path: String, baseModelName: String?) throws {
    try SafetensorsWriter.write(
      weights.tensors.map { ($0.name, $0.tensor.shape.extents, .f32($0.tensor.scalars)) },
      metadata: ["format": "pt"], to: "\(path)/adapter_model.safetensors")
    var description = travellingDescription
    description.baseModelName = baseModelName
    let json = description.json()
    try AtomicFile.write(
      Array((json.serialized(pretty: true) + "\n").utf8), to: "\(path)/adapter_config.json")
  }

  /// What `adapter_config.json` says of the adapter for the base as it was.
  package var travellingDescription: PEFTConfiguration {
    guard configuration.initialization == .pissa else { return description }
    // The scale must stay at twice the rank.
    let factor = description.usesRSLoRA ? 2.0.squareRoot() : 2
    var result = description
    result.rank *= 2
    result.alpha *= factor
    for index in result.rankPattern.indices { result.rankPattern[index].value *= 2 }
    for index in result.alphaPattern.indices { result.alphaPattern[index].value *= factor }
    return result
  }
}

extension AdapterWeights {
  /// The tensors of `adapter_model.safetensors`, by PEFT's names.
  var tensors: [(name: String, tensor: Tensor<Float>)] {
    let prefix = PEFTDirectory.prefix
    return projections.flatMap { projection in
      [
        ("\(prefix)\(projection.path).lora_A.weight", projection.down),
        ("\(prefix)\(projection.path).lora_B.weight", projection.up),
      ]
        + (projection.magnitude.map {
          [("\(prefix)\(projection.path).lora_magnitude_vector", $0)]
        } ?? [])
    }
      + tokenRows.map { ("\(prefix)\($0.path)\(PEFTDirectory.tokenSuffix)", $0.rows) }
  }
}

extension LoRAConfiguration {
  /// What a PEFT configuration says, as far as there are words for it here.
  init(_ description: PEFTConfiguration) {
    self.init(
      rank: description.rank, alpha: description.alpha, dropout: description.dropout,
      targets: description.targets.texts)
    usesRSLoRA = description.usesRSLoRA
    usesDoRA = description.usesDoRA
    rankPattern = description.rankPattern.map { ModuleSetting($0.pattern.source, $0.value) }
    alphaPattern = description.alphaPattern.map { ModuleSetting($0.pattern.source, $0.value) }
    trainedTokens = description.trainableTokens.first?.ids ?? []
  }
}
