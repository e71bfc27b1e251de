package import ModelFiles
public import NN
import TensorCore

/// A low-rank adapter that sits around the projections of one model.
public final class LoRAAdapter {
  /// What the adapter looks like.
  public let configuration: LoRAConfiguration
  /// The adapted layers by their paths in the model, in the model's order.
  package let layers: [(path: String, layer: LoRALinear)]
  /// The trained token rows by the paths of their tables.
  package let tokenRows: [(path: String, rows: TokenRows)]

  /// What `adapter_config.json` says of it, with what `configuration` has no word for.
  package let description: PEFTConfiguration

  /// Of the files that it was loaded from; nil for a new one.
  package let hashes: PEFTDirectory.Hashes?

  init(
    configuration: LoRAConfiguration, description: PEFTConfiguration,
    layers: [(path: String, layer: LoRALinear)], tokenRows: [(path: String, rows: TokenRows)],
    hashes: PEFTDirectory.Hashes? = nil
  ) {
    self.hashes = hashes
    (self.configuration, self.description) = (configuration, description)
    (self.layers, self.tokenRows) = (layers, tokenRows)
  }

  /// Wraps the targeted projections of `model`; until trained, the model computes what it did.
  ///
  /// - Parameters:
  ///   - configuration: Rank, scale, targets, and how the factors begin.
  ///   - model: Its projections are replaced by adapted ones; their own weights are shared and stay, but
  ///     for PiSSA, which takes its factors out of them.
  ///   - seed: The same seed gives the same first weights.
  ///   - pack: Called when everything that needs the base's weights in f32 is done, before projections are
  ///     wrapped: where a base is to be packed.
  /// - Throws: `AdapterError.unknownTargets` when a target names no projection; `AdapterError.setting`,
  ///   `AdapterError.pattern`.
  public convenience init(
    _ configuration: LoRAConfiguration, attachingTo model: any AdaptableModel, seed: UInt64,
    packing pack: () -> Void = {}
  ) throws {
    let seat = AdapterSeat(of: model)
    let description = try configuration.peft(in: seat)
    let start = try AdapterStart(configuration, description, model, seed: seed)
    pack()
    var layers: [(path: String, layer: LoRALinear)] = []
    model.updateProjections { path, layer in
      guard var projection = start.projections[path], let base = layer as? any AdaptableLayer
      else { return }
      if configuration.usesDoRA {
        projection.magnitude = base.rowNorms(
          adding: projection.down, projection.up, scale: projection.scale)
      }
      let adapted = LoRALinear(
        adapting: base, projection, dropout: configuration.dropout, stream: UInt64(layers.count),
        isTakenFromBase: configuration.initialization == .pissa)
      layers.append((path, adapted))
      layer = adapted
    }
    self.init(
      configuration: configuration, description: description, layers: layers,
      tokenRows: Self.attach(start.tokenRows, to: model))
  }

  /// Puts rows in the place of a model's own.
  static func attach(_ tables: [AdaptedTokenRows], to model: any AdaptableModel)
    -> [(path: String, rows: TokenRows)]
  {
    var attached: [(path: String, rows: TokenRows)] = []
    model.updateTokenTables { table, replaced in
      guard let new = tables.first(where: { $0.path == table.path }) else { return }
      let rows = TokenRows(ids: new.ids, rows: new.rows)
      replaced = rows
      attached.append((table.path, rows))
    }
    return attached
  }

  /// Whether the model computes with the adapter; off, it is the base again.
  public var isEnabled: Bool {
    get { layers.allSatisfy(\.layer.isEnabled) && tokenRows.allSatisfy(\.rows.isEnabled) }
    set {
      for (_, layer) in layers { layer.isEnabled = newValue }
      for (_, rows) in tokenRows { rows.isEnabled = newValue }
    }
  }

  /// The trained weights by PEFT's names: those of each layer in turn, then token rows.
  public var parameters: [NamedParameter] {
    layers.flatMap { path, layer in
      layer.factors.map { ("\(PEFTDirectory.prefix)\(path).\($0.path)", $0.parameter) }
    }
      + tokenRows.map { path, rows in
        ("\(PEFTDirectory.prefix)\(path)\(PEFTDirectory.tokenSuffix)", rows.rows)
      }
  }

  /// How many numbers are trained.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.parameter.value.count } }

  /// The number of the first layer that the adapter changes, 0 where it changes the embedding: what comes
  /// before it computes what the base computes.
  public var firstLayer: Int {
    if !tokenRows.isEmpty { return 0 }
    return layers.compactMap { AdapterSeat.layer(of: $0.path) }.min() ?? 0
  }

  /// The adapter in numbers, for the base as it was before the adapter began.
  package var weights: AdapterWeights {
    AdapterWeights(
      projections: layers.map { path, layer in layer.travelling(at: path) },
      tokenRows: tokenRows.map { path, rows in
        AdaptedTokenRows(path: path, ids: rows.ids, rows: rows.rows.value)
      })
  }
}
