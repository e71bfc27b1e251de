package import NN
package import TensorCore

/// What of a model an adapter must fit, without the model.
package struct AdapterSeat: Sendable {
  /// A projection that can be adapted.
  package struct Projection: Sendable {
    package var path: String
    package var inputSize: Int
    package var outputSize: Int
    /// Whether an adapter sits there already.
    package var isTaken: Bool

    package init(path: String, inputSize: Int, outputSize: Int, isTaken: Bool = false) {
      (self.path, self.inputSize, self.outputSize) = (path, inputSize, outputSize)
      self.isTaken = isTaken
    }
  }

  /// In the model's order.
  package var projections: [Projection]
  /// The tables that have a row a token, by path: `[vocabulary, hiddenSize]`.
  package var tables: [(path: String, shape: Shape)]

  package init(projections: [Projection], tables: [(path: String, shape: Shape)]) {
    (self.projections, self.tables) = (projections, tables)
  }

  /// The seat that a model offers.
  package init(of model: any AdaptableModel) {
    var projections: [Projection] = []
    model.updateProjections { path, layer in
      projections.append(
        Projection(
          path: path, inputSize: layer.inputSize, outputSize: layer.outputSize,
          isTaken: !(layer is any AdaptableLayer)))
    }
    var tables: [(path: String, shape: Shape)] = []
    model.updateTokenTables { table, _ in tables.append((table.path, table.shape)) }
    self.init(projections: projections, tables: tables)
  }

  /// The last parts of the projections' paths, such as `q_proj`, each once.
  var names: [String] {
    projections.reduce(into: []) { names, projection in
      let name = projection.path.split(separator: ".").last.map(String.init) ?? projection.path
      if !names.contains(name) { names.append(name) }
    }
  }

  /// How many layers the paths number.
  var layerCount: Int {
    (projections.compactMap { Self.layer(of: $0.path) }.max() ?? -1) + 1
  }

  /// The number of a projection's layer.
  package static func layer(of path: String) -> Int? {
    path.split(separator: ".").lazy.compactMap { Int($0) }.first
  }
}
