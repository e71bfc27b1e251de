import ModelFiles
import TensorCore

/// How large an adapter's update of each module is: ‖ΔW‖ = ‖s · B · A‖, Frobenius.
struct UpdateNorms {
  struct Module {
    var name: String
    var rank: Int
    var scale: Double
    var norm: Double
    /// Whether every number of B is zero, as before training.
    var isUntrained: Bool

    /// The layer's number, where the path has one.
    var layer: Int? {
      let parts = name.split(separator: ".")
      guard let place = parts.firstIndex(of: "layers"), place + 1 < parts.count else { return nil }
      return Int(parts[place + 1])
    }

    /// The last part of the path, such as `q_proj`.
    var projection: String { name.split(separator: ".").last.map(String.init) ?? name }
  }

  let modules: [Module]

  init(_ directory: PEFTDirectory) throws {
    modules = try directory.pairs.map { pair in
      let a = try Self.read(pair.a, directory)
      let b = try Self.read(pair.b, directory)
      let scale = directory.configuration.scale(of: pair.module)
      // ‖BA‖² = Σ (BᵀB) ∘ (AAᵀ): two matrices of rank × rank, instead of one as large as the weight.
      let product = b.matmul(b, transposingSelf: true) * a.matmul(a, transposingOther: true)
      return Module(
        name: pair.module, rank: pair.a.shape[0], scale: scale,
        norm: abs(scale) * max(product.sum(), 0).squareRoot(),
        isUntrained: b.scalars.allSatisfy { $0 == 0 })
    }
  }

  private static func read(_ tensor: StoredTensor, _ directory: PEFTDirectory) throws
    -> Tensor<Double>
  {
    var values = [Float](repeating: 0, count: tensor.elementCount)
    try values.withUnsafeMutableBufferPointer {
      try directory.tensors.readFiniteFloats(tensor.name, into: $0)
    }
    return Tensor(values.map { Double($0) }, shape: Shape(tensor.shape))
  }

  /// ‖ΔW‖ over all modules together.
  var total: Double { modules.reduce(0) { $0 + $1.norm * $1.norm }.squareRoot() }

  /// Names of projections in the order in which they first occur.
  var projections: [String] {
    modules.reduce(into: []) { names, module in
      if !names.contains(module.projection) { names.append(module.projection) }
    }
  }
}
