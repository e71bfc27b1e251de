import Foundation
import ModelFiles
import NN
import TensorCore

/// The first weights of a new adapter.
struct AdapterStart {
  /// By the paths of the projections.
  private(set) var projections: [String: AdaptedProjection] = [:]
  private(set) var tokenRows: [AdaptedTokenRows] = []

  /// Draws the factors, or takes them out of the base's weights; copies the rows of trained tokens.
  ///
  /// - Throws: `AdapterError.packed` where weights are needed that the model does not have in f32.
  init(
    _ configuration: LoRAConfiguration, _ description: PEFTConfiguration,
    _ model: any AdaptableModel, seed: UInt64
  ) throws {
    if configuration.usesDoRA, configuration.initialization == .pissa {
      throw AdapterError.setting(
        "PiSSA with DoRA",
        rule: "one of the two: a saved adapter could not be converted for the base")
    }
    let selected = description.trainableTokens
    try model.updateTokenTables { table, _ in
      guard let tokens = selected.first(where: { table.path.hasSuffix($0.module) }) else { return }
      let ids = tokens.ids.map { Int32($0) }
      guard let rows = table.rows(ids) else { throw AdapterError.packed(table.path) }
      tokenRows.append(AdaptedTokenRows(path: table.path, ids: ids, rows: rows))
    }
    // Everything that can be refused is refused before the first weight is changed.
    let adapted = AdapterSeat(of: model).projections.filter { description.adapts($0.path) }
    if configuration.initialization == .pissa {
      try model.updateProjections { path, layer in
        if description.adapts(path), !(layer is Linear) { throw AdapterError.packed(path) }
      }
    }
    if let taken = adapted.first(where: \.isTaken) {
      throw AdapterError.setting(
        "an adapter for '\(taken.path)'", rule: "one, and there is one already")
    }
    var stream: UInt64 = 0
    model.updateProjections { path, layer in
      guard description.adapts(path) else { return }
      let scale = Float(description.scale(of: path))
      let rank = description.rank(of: path)
      if configuration.initialization == .pissa, let linear = layer as? Linear {
        projections[path] = Self.principal(linear, path, rank: rank, scale: scale)
      } else {
        projections[path] = AdaptedProjection(
          path: path,
          down: Self.drawn(
            configuration.initialization, rank: rank, inputs: layer.inputSize, seed, stream),
          up: .zeros([layer.outputSize, rank]), scale: scale)
      }
      stream += 1
    }
  }

  private static func drawn(
    _ kind: LoRAConfiguration.Initialization, rank: Int, inputs: Int, _ seed: UInt64,
    _ stream: UInt64
  ) -> Tensor<Float> {
    var generator = RandomGenerator(seed: seed, stream: stream)
    let count = rank * inputs
    if kind == .gaussian {
      let deviation = 1 / Double(rank)
      return Tensor(
        (0..<count).map { _ in Float(generator.nextNormal() * deviation) }, shape: [rank, inputs])
    }
    // PEFT's kaiming_uniform_(a=√5).
    let bound = 1 / Double(inputs).squareRoot()
    return Tensor(
      (0..<count).map { _ in Float((2 * generator.nextUniform() - 1) * bound) },
      shape: [rank, inputs])
  }

  /// PiSSA's factors, `b = u √(σ/s)` and `a = √(σ/s) vᵀ`, and what they leave of the weight.
  ///
  /// Meng et al. 2024, equations 2 to 4.
  private static func principal(_ linear: Linear, _ path: String, rank: Int, scale: Float)
    -> AdaptedProjection
  {
    let weight = linear.weight.value
    let svd = TruncatedSVD(weight, count: rank)
    let roots = svd.values.map { ($0 / scale).squareRoot() }
    // A matrix of lower rank than was asked for leaves the rest of the factors at zero.
    var (a, b) = (
      [Float](repeating: 0, count: rank * linear.inputSize),
      [Float](repeating: 0, count: linear.outputSize * rank)
    )
    let (u, v) = (svd.left.scalars, svd.right.scalars)
    for (index, root) in roots.enumerated() {
      for column in 0..<linear.inputSize {
        a[index * linear.inputSize + column] = root * v[index * linear.inputSize + column]
      }
      for row in 0..<linear.outputSize {
        b[row * rank + index] = root * u[row * roots.count + index]
      }
    }
    let down = Tensor(a, shape: [rank, linear.inputSize])
    let up = Tensor(b, shape: [linear.outputSize, rank])
    linear.weight.value.addProduct(up, down, factor: -scale)
    return AdaptedProjection(path: path, down: down, up: up, scale: scale)
  }
}
