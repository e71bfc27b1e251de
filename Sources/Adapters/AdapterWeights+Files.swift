import ModelFiles
import SafeIO
import TensorCore

extension AdapterWeights {
  /// Reads a PEFT directory for a model with this seat.
  ///
  /// Whether it was trained on this model is not asked; `LoRAAdapter.verifyBase(ofAdapter:is:)` does.
  ///
  /// - Throws: `ModelFileError` for a directory that is refused; `AdapterError` for one that does not fit
  ///   the model: every tensor must find its place and every targeted module its tensors.
  package init(path: String, fitting seat: AdapterSeat) throws {
    try self.init(PEFTDirectory(path: path), fitting: seat)
  }

  init(_ directory: PEFTDirectory, fitting seat: AdapterSeat) throws {
    let configuration = directory.configuration
    let plan = try Self.plan(directory, for: seat)
    let tables = try Self.tables(directory, for: seat)
    let (tensors, hashes) = try directory.contents()
    self.hashes = hashes
    projections = try seat.projections.compactMap { projection in
      guard let pair = plan[projection.path] else { return nil }
      return AdaptedProjection(
        path: projection.path, down: try Self.read(pair.a, tensors),
        up: try Self.read(pair.b, tensors),
        scale: Float(configuration.scale(of: projection.path)),
        magnitude: try pair.magnitude.map { try Self.read($0, tensors) })
    }
    tokenRows = try tables.map { table in
      AdaptedTokenRows(
        path: table.module, ids: table.ids.map { Int32($0) },
        rows: try Self.read(table.rows, tensors))
    }
  }

  private static func read(_ tensor: StoredTensor, _ tensors: SafetensorsFile) throws
    -> Tensor<Float>
  {
    try Tensor(shape: Shape(tensor.shape)) { destination in
      try tensors.readFiniteFloats(
        tensor.name,
        into: UnsafeMutableBufferPointer(start: destination, count: tensor.elementCount))
    }
  }

  /// The weights of each module, after checking that they and the model's modules agree.
  private static func plan(_ directory: PEFTDirectory, for seat: AdapterSeat) throws
    -> [String: PEFTDirectory.Pair]
  {
    let path = directory.path
    // PEFT makes layers for the targets only, and would pass over the weights of others.
    let stray = directory.pairs.map(\.module).filter { !directory.configuration.adapts($0) }
    guard stray.isEmpty else { throw AdapterError.untargetedModules(path: path, stray) }
    var plan = Dictionary(uniqueKeysWithValues: directory.pairs.map { ($0.module, $0) })
    let result = plan
    var missing: [String] = []
    for module in seat.projections {
      guard let pair = plan.removeValue(forKey: module.path) else {
        if directory.configuration.adapts(module.path) { missing.append(module.path) }
        continue
      }
      guard !module.isTaken else {
        throw AdapterError.unsupported(path: path, "a second adapter around '\(module.path)'")
      }
      guard pair.a.shape[1] == module.inputSize, pair.b.shape[0] == module.outputSize else {
        throw AdapterError.shape(
          path: path, module: module.path, found: "\(pair.a.shape) and \(pair.b.shape)",
          expected: "[r, \(module.inputSize)] and [\(module.outputSize), r]")
      }
    }
    guard plan.isEmpty else {
      throw AdapterError.unknownModules(path: path, plan.keys.sorted())
    }
    guard missing.isEmpty else { throw AdapterError.missingModules(path: path, missing) }
    return result
  }

  /// The token rows, after checking that the model has such tables and tokens.
  private static func tables(_ directory: PEFTDirectory, for seat: AdapterSeat) throws
    -> [PEFTDirectory.TokenTable]
  {
    let path = directory.path
    for table in directory.tokenRows {
      guard let place = seat.tables.first(where: { $0.path == table.module }) else {
        // Tied tables are one, and the adapter of one with its own output layer fits no other.
        throw AdapterError.unknownModules(path: path, [table.module])
      }
      guard table.rows.shape[1] == place.shape[1] else {
        throw AdapterError.shape(
          path: path, module: table.module, found: "rows of \(table.rows.shape[1])",
          expected: "rows of \(place.shape[1])")
      }
      guard let last = table.ids.max(), last < place.shape[0] else {
        throw AdapterError.shape(
          path: path, module: table.module, found: "token \(table.ids.max() ?? 0)",
          expected: "tokens below \(place.shape[0])")
      }
    }
    let selected = directory.configuration.trainableTokens
    guard seat.tables.contains(where: { $0.path == "lm_head" }),
      selected.contains(where: { $0.module == "lm_head" })
    else {
      // Where the tables are one, PEFT trains the rows of the first for both: they must be the same.
      if Set(selected.map { $0.ids }).count > 1 {
        throw AdapterError.unsupported(
          path: path, "other tokens for lm_head than for the embedding that it shares")
      }
      return directory.tokenRows
    }
    guard directory.tokenRows.contains(where: { $0.module == "lm_head" }) else {
      throw AdapterError.missingModules(path: path, ["lm_head"])
    }
    return directory.tokenRows
  }
}
