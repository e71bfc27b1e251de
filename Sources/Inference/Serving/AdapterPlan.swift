import Adapters
import ModelFiles

/// Which tensors of an adapter belong to which projections, all of them accounted for.
struct AdapterPlan {
  /// `[layer * 7 + projection]`.
  let pairs: [PEFTDirectory.Pair?]

  init(_ directory: PEFTDirectory, for model: TransformerConfiguration) throws {
    let path = directory.path
    let configuration = directory.configuration
    if configuration.usesDoRA { throw AdapterError.unsupported(path: path, "DoRA (use_dora)") }
    // PEFT makes layers for the targets only, and would pass over the weights of others.
    let stray = directory.pairs.map(\.module).filter { !Self.adapts(configuration, $0) }
    guard stray.isEmpty else { throw AdapterError.untargetedModules(path: path, stray) }
    var rest = Dictionary(uniqueKeysWithValues: directory.pairs.map { ($0.module, $0) })
    var pairs: [PEFTDirectory.Pair?] = []
    var missing: [String] = []
    for layer in 0..<model.layerCount {
      for projection in Projection.allCases {
        let module = "model.layers.\(layer).\(projection.path)"
        let pair = rest.removeValue(forKey: module)
        pairs.append(pair)
        guard let pair else {
          if Self.adapts(configuration, module) { missing.append(module) }
          continue
        }
        let (outputs, inputs) = projection.shape(model)
        guard pair.a.shape[1] == inputs, pair.b.shape[0] == outputs else {
          throw AdapterError.shape(
            path: path, module: module, found: "\(pair.a.shape) and \(pair.b.shape)",
            expected: "[r, \(inputs)] and [\(outputs), r]")
        }
      }
    }
    guard rest.isEmpty else { throw AdapterError.unknownModules(path: path, rest.keys.sorted()) }
    guard missing.isEmpty else { throw AdapterError.missingModules(path: path, missing) }
    self.pairs = pairs
  }

  /// Whether the module is a target by name and by layer.
  private static func adapts(_ configuration: PEFTConfiguration, _ module: String) -> Bool {
    guard configuration.targets(module) else { return false }
    guard let layers = configuration.layersToTransform else { return true }
    let parts = module.split(separator: ".")
    guard let place = parts.firstIndex(of: "layers"), place + 1 < parts.count,
      let layer = Int(parts[place + 1])
    else { return false }
    return layers.contains(layer)
  }
}
