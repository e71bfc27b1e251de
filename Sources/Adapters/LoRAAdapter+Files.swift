import ModelFiles
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
    if description.usesDoRA { throw AdapterError.unsupported(path: path, "DoRA (use_dora)") }
    let plan = try Self.plan(directory, for: model)
    var layers: [(path: String, layer: LoRALinear)] = []
    try model.updateProjections { module, layer in
      guard let pair = plan[module], let linear = layer as? any AdaptableLayer else { return }
      let adapted = LoRALinear(
        adapting: linear, down: try Self.read(pair.a, directory),
        up: try Self.read(pair.b, directory), scale: Float(description.scale(of: module)),
        dropout: description.dropout, stream: UInt64(layers.count))
      layers.append((module, adapted))
    }
    // Only now, when every tensor was read: a refused adapter leaves the model as it was.
    var next = layers[...]
    model.updateProjections { module, layer in
      if next.first?.path == module, let adapted = next.popFirst()?.layer { layer = adapted }
    }
    self.init(
      configuration: LoRAConfiguration(
        rank: description.rank, alpha: description.alpha, dropout: description.dropout,
        targets: description.targetModules), description: description, layers: layers)
  }

  private static func read(_ tensor: StoredTensor, _ directory: PEFTDirectory) throws
    -> Tensor<Float>
  {
    try Tensor(shape: Shape(tensor.shape)) { destination in
      try directory.tensors.readFiniteFloats(
        tensor.name,
        into: UnsafeMutableBufferPointer(start: destination, count: tensor.elementCount))
    }
  }

  /// The weights of each module, after checking that they and the model's modules agree.
  private static func plan(_ directory: PEFTDirectory, for model: any AdaptableModel) throws
    -> [String: PEFTDirectory.Pair]
  {
    let path = directory.path
    // PEFT makes layers for the targets only, and would pass over the weights of others.
    let stray = directory.pairs.map(\.module).filter { !directory.configuration.adapts($0) }
    guard stray.isEmpty else { throw AdapterError.untargetedModules(path: path, stray) }
    var plan = Dictionary(uniqueKeysWithValues: directory.pairs.map { ($0.module, $0) })
    let result = plan
    var missing: [String] = []
    try model.updateProjections { module, layer in
      guard let pair = plan.removeValue(forKey: module) else {
        if directory.configuration.adapts(module) { missing.append(module) }
        return
      }
      guard layer is any AdaptableLayer else {
        throw AdapterError.unsupported(path: path, "a second adapter around '\(module)'")
      }
      guard pair.a.shape[1] == layer.inputSize, pair.b.shape[0] == layer.outputSize else {
        throw AdapterError.shape(
          path: path, module: module, found: "\(pair.a.shape) and \(pair.b.shape)",
          expected: "[r, \(layer.inputSize)] and [\(layer.outputSize), r]")
      }
    }
    guard plan.isEmpty else {
      throw AdapterError.unknownModules(path: path, plan.keys.sorted())
    }
    guard missing.isEmpty else { throw AdapterError.missingModules(path: path, missing) }
    return result
  }

  /// Writes `adapter_config.json` and `adapter_model.safetensors`, as PEFT names and lays them out.
  ///
  /// - Parameters:
  ///   - path: An existing directory; both files are written whole.
  ///   - baseModelName: What `base_model_name_or_path` says.
  /// - Throws: `IOFailure`.
  package func save(to path: String, baseModelName: String?) throws {
    try SafetensorsWriter.write(
      parameters.map { name, parameter in
        (name, parameter.value.shape.extents, .f32(parameter.value.scalars))
      }, metadata: ["format": "pt"], to: "\(path)/adapter_model.safetensors")
    var description = description
    description.baseModelName = baseModelName
    let json = description.json()
    try AtomicFile.write(
      Array((json.serialized(pretty: true) + "\n").utf8), to: "\(path)/adapter_config.json")
  }
}

extension PEFTConfiguration {
  /// Whether the module is a target by name and by layer.
  fileprivate func adapts(_ module: String) -> Bool {
    guard targets(module) else { return false }
    guard let layersToTransform else { return true }
    let parts = module.split(separator: ".")
    guard let place = parts.firstIndex(of: "layers"), place + 1 < parts.count,
      let layer = Int(parts[place + 1])
    else { return false }
    return layersToTransform.contains(layer)
  }
}
