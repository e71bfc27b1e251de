import TensorCore

/// What the largest product of a step reaches alone, and multiply-adds in registers: what model
/// utilisation is a fraction of.
final class MatMulLimit {
  private static let extents = (rows: 2048, outputs: 1536, inputs: 576)
  private static let repeats = 10

  private let x = Buffer.tensor([extents.rows, extents.inputs])
  private let weight = Buffer.tensor([extents.outputs, extents.inputs])
  private let packed: FrozenMatrix?
  private var products: [Double] = []
  private var registers: [Double] = []

  init(isBF16: Bool) { packed = isBF16 ? FrozenMatrix(weight) : nil }

  func warmUp() {
    multiply()
    peak()
  }

  /// Measures both once more.
  func measure() {
    let extents = Self.extents
    let work = 2e-9 * Double(extents.rows) * Double(extents.outputs) * Double(extents.inputs)
    let seconds = Alternation.time { for _ in 0..<Self.repeats { multiply() } }
    products.append(work * Double(Self.repeats) / seconds)
    let peakWork = packed == nil ? Limits.multiplyAddWork : Limits.dotBF16Work
    guard peakWork > 0 else { return }
    let peakSeconds = Alternation.time { for _ in 0..<Self.repeats { peak() } }
    registers.append(1e-9 * peakWork * Double(Self.repeats) / peakSeconds)
  }

  var references: [Figure.Reference] {
    let product = Figure.Reference(name: "one product", values: products)
    let peak = Figure.Reference(name: "in registers", values: registers)
    return registers.isEmpty ? [product] : [product, peak]
  }

  private func multiply() {
    if let packed { _ = packed.multiply(x) } else { _ = x.matmul(weight, transposingOther: true) }
  }

  private func peak() {
    if packed == nil { Limits.multiplyAdd() } else { Limits.dotBF16() }
  }
}
