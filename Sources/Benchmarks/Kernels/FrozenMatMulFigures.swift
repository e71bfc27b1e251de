import TensorCore

/// Products with a weight packed in bf16, beside the same in f32 and products in registers.
enum FrozenMatMulFigures {
  /// Rows, outputs and inputs of a layer.
  private static let layers = [
    (2048, 576, 576), (2048, 192, 576), (2048, 1536, 576), (2048, 576, 1536), (256, 49_152, 576),
    (32, 1536, 576), (8, 1536, 576), (1, 1536, 576),
  ]

  static func measure(rounds: Int) -> [Figure] {
    layers.flatMap { rows, outputs, inputs in
      let weight = Buffer.tensor([outputs, inputs])
      let packed = FrozenMatrix(weight)
      let x = Buffer.tensor([rows, inputs])
      let dy = Buffer.tensor([rows, outputs])
      let forward = Alternation.seconds(
        rounds: rounds,
        [
          { _ = packed.multiply(x) }, { _ = x.matmul(weight, transposingOther: true) },
          { Limits.dotBF16() },
        ])
      let input = Alternation.seconds(
        rounds: rounds,
        [
          {
            var gradient: Tensor<Float>?
            packed.multiplyTransposed(dy, into: &gradient)
          }, { _ = dy.matmul(weight) }, { Limits.dotBF16() },
        ])
      let extents = "\(rows) × \(outputs) × \(inputs)"
      let work = 2e-9 * Double(rows) * Double(outputs) * Double(inputs)
      return [
        figure("bf16 forward \(extents)", work, forward),
        figure("bf16 input \(extents)", work, input),
      ]
    }
  }

  private static func figure(_ name: String, _ work: Double, _ seconds: [[Double]]) -> Figure {
    var references = [("ours in f32", work, seconds[1])]
    if Limits.dotBF16Work > 0 {
      references.append(("bf16 products", 1e-9 * Limits.dotBF16Work, seconds[2]))
    }
    return Figure(name, "GFLOP/s", work: work, seconds: seconds[0], references: references)
  }
}
