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
    if !directory.tokenRows.isEmpty {
      throw AdapterError.unsupported(path: path, "trained token rows (trainable_token_indices)")
    }
    // PEFT makes layers for the targets only, and would pass over the weights of others.
    let stray = directory.pairs.map(\.module).filter { !configuration.adapts($0) }
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
          if configuration.adapts(module) { missing.append(module) }
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
}
