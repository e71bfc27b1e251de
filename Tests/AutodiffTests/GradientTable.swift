import Autodiff
import TensorCore
import TestSupport

/// One row of the gradient table: an operation of `Sources/Autodiff/Ops`, named as its file is.
struct GradientCase: Sendable, CustomStringConvertible {
  let operation: String
  let inputs: [Tensor<Double>]
  let function: @Sendable ([Variable<Double>]) -> Variable<Double>

  var description: String { "\(operation) \(inputs.map(\.shape))" }

  init(
    _ operation: String, _ inputs: [Tensor<Double>],
    _ function: @escaping @Sendable ([Variable<Double>]) -> Variable<Double>
  ) {
    (self.operation, self.inputs, self.function) = (operation, inputs, function)
  }
}

private func normal(_ shape: Shape, _ seed: UInt64 = 1) -> Tensor<Double> {
  RandomTensor.normal(shape, seed: seed)
}

private func positive(_ shape: Shape, _ seed: UInt64 = 2) -> Tensor<Double> {
  RandomTensor.uniform(shape, 0.5, 2, seed: seed)
}

private func angles(_ rows: Int, _ half: Int) -> RotaryAngles<Double> {
  let angle = RandomTensor.uniform([rows, half], -3, 3, seed: 5) as Tensor<Double>
  let cosines: [Double] = angle.scalars.map { 1 - 2 * $0 * $0 / (1 + $0 * $0) }
  let sines: [Double] = angle.scalars.map { 2 * $0 / (1 + $0 * $0) }
  return RotaryAngles(
    cosines: Tensor(cosines, shape: [rows, half]), sines: Tensor(sines, shape: [rows, half]))
}

private func attention(
  _ lengths: [Int], _ shape: AttentionShape
) -> GradientCase {
  let tokens = lengths.reduce(0, +)
  return GradientCase(
    "CausalAttention",
    [
      normal([tokens, shape.heads * shape.head], 1),
      normal([tokens, shape.keyValueHeads * shape.head], 2),
      normal([tokens, shape.keyValueHeads * shape.head], 3),
    ]
  ) {
    .causalAttention(
      queries: $0[0], keys: $0[1], values: $0[2], shape: shape,
      segments: DocumentSegments(lengths: lengths))
  }
}

let gradientTable: [GradientCase] =
  elementwiseCases + matrixCases + magnitudeCases + replacingCases + rowCases + fusedCases

private let elementwiseCases = [
  GradientCase("Add", [normal([3, 5]), normal([3, 5], 2)]) { $0[0] + $0[1] },
  // An operand used twice: contributions must add up.
  GradientCase("Add", [normal([33])]) { $0[0] + $0[0] },
  GradientCase("Subtract", [normal([3, 5]), normal([3, 5], 2)]) { $0[0] - $0[1] },
  GradientCase("Multiply", [normal([7]), normal([7], 2)]) { $0[0] * $0[1] },
  GradientCase("Divide", [normal([3, 5]), positive([3, 5])]) { $0[0] / $0[1] },
  GradientCase("Scale", [normal([9])]) { $0[0] * -1.75 },
  GradientCase("Exp", [normal([17])]) { $0[0].exp() },
  GradientCase("Log", [positive([17])]) { $0[0].log() },
  GradientCase("SquareRoot", [positive([17])]) { $0[0].squareRoot() },
  GradientCase("Sigmoid", [normal([17])]) { $0[0].sigmoid() },
  GradientCase("Recomputing", [normal([5, 3])]) {
    ($0[0].exp().recomputing { $0.sigmoid() * $0 } + $0[0]).recomputing { $0 * $0 }
  },
  GradientCase("Dropout", [normal([5, 13])]) { $0[0].dropout(rate: 0.3, seed: 11) },
]

private let matrixCases = [
  GradientCase("MatMul", [normal([3, 7]), normal([7, 5], 2)]) { $0[0].matmul($0[1]) },
  GradientCase("MatMulTransposed", [normal([3, 7]), normal([5, 7], 2)]) {
    $0[0].matmulTransposed($0[1])
  },
  // The second use adds its products into the gradients of the first.
  GradientCase("MatMulTransposed", [normal([7, 7]), normal([7, 7], 2)]) {
    $0[0].matmulTransposed($0[1]).matmulTransposed($0[1]) + $0[0]
  },
  GradientCase("BatchedMatMul", [normal([2, 3, 4]), normal([2, 4, 5], 2)]) {
    $0[0].batchedMatmul($0[1])
  },
  GradientCase("BatchedMatMul", [normal([2, 3, 4]), normal([2, 5, 4], 2)]) {
    $0[0].batchedMatmul($0[1], transposingOther: true)
  },
  GradientCase("Reshape", [normal([2, 6])]) { $0[0].reshaped([3, 4]) * $0[0].reshaped([3, 4]) },
  GradientCase("Permute", [normal([2, 3, 4])]) { $0[0].permuted([2, 0, 1]) },
  GradientCase("Columns", [normal([3, 8])]) { $0[0].columns(2..<5) },
  GradientCase("ConcatenateColumns", [normal([3, 2]), normal([3, 4], 2)]) {
    $0[0].concatenatingColumns($0[1])
  },
  GradientCase(
    "LoRALinear", [normal([6, 9]), normal([4, 9], 2), normal([2, 9], 3), normal([4, 2], 4)]
  ) {
    $0[0].loraLinear(weight: $0[1], down: $0[2], up: $0[3], scale: 1.5)
  },
  GradientCase(
    "LoRALinear", [normal([6, 9]), normal([4, 9], 2), normal([2, 9], 3), normal([4, 2], 4)]
  ) {
    $0[0].loraLinear(
      weight: $0[1], down: $0[2], up: $0[3], scale: 0.5,
      adapted: $0[0].dropout(rate: 0.25, seed: 3))
  },
]

/// The norms are constants for gradients, so that they may be any numbers here.
private let magnitudeCases = [false, true].map { hasDropout in
  GradientCase(
    "DoRALinear",
    [
      normal([6, 9]), normal([4, 9], 2), normal([2, 9], 3), normal([4, 2], 4), positive([4], 5),
    ]
  ) { x in
    x[0].doraLinear(
      weight: x[1], down: x[2], up: x[3], scale: 1.5, magnitude: x[4], norms: positive([4], 6),
      adapted: hasDropout ? x[0].dropout(rate: 0.25, seed: 3) : nil)
  }
}

private let replacingCases = [
  GradientCase("ReplaceRows", [normal([5, 3]), normal([2, 3], 2)]) {
    $0[0].replacingRows([4, 1], with: $0[1]) + $0[0]
  },
  GradientCase("ReplaceColumns", [normal([3, 5]), normal([3, 2], 2)]) {
    $0[0].replacingColumns([4, 1], with: $0[1]) + $0[0]
  },
  GradientCase("LinearCrossEntropy", [normal([5, 4]), normal([11, 4], 2), normal([2, 4], 3)]) {
    $0[0].linearCrossEntropy(
      weight: $0[1], targets: [0, 10, 3, 3, 7],
      replacing: ReplacedClasses(classes: [3, 10], rows: $0[2])) * 0.2
  },
]

private let rowCases = [
  GradientCase("AddRow", [normal([130, 5]), normal([5], 2)]) { $0[0].adding(row: $0[1]) },
  GradientCase("MultiplyRow", [normal([70, 5]), normal([5], 2)]) { $0[0].multiplied(row: $0[1]) },
  GradientCase("MultiplyColumn", [normal([4, 5]), normal([4, 1], 2)]) {
    $0[0].multiplied(column: $0[1])
  },
  GradientCase("RowSums", [normal([4, 33])]) { $0[0].rowSums() },
  GradientCase("Sum", [normal([4, 5])]) { $0[0].sum() },
  GradientCase("Softmax", [normal([4, 19])]) { $0[0].softmax() },
  GradientCase("GatherRows", [normal([6, 3])]) { $0[0].gatheringRows([5, 0, 5, 2]) },
  GradientCase("PickColumns", [normal([3, 6])]) { $0[0].pickingColumns([5, 0, 3]) },
  GradientCase("RMSNorm", [normal([70, 9]), normal([9], 2)]) {
    $0[0].rmsNorm(weight: $0[1], epsilon: 1e-5) + $0[0]
  },
]

private let fusedCases = [
  GradientCase("SwiGLU", [normal([4, 21]), normal([4, 21], 2)]) {
    .swiGLU(gate: $0[0], up: $0[1])
  },
  GradientCase("Rotary", [normal([5, 3 * 6])]) { $0[0].rotated(heads: 3, angles: angles(5, 3)) },
  attention([7], AttentionShape(heads: 2, keyValueHeads: 2, head: 4)),
  attention([5, 1, 4], AttentionShape(heads: 6, keyValueHeads: 2, head: 3)),
  attention([9, 4], AttentionShape(heads: 2, keyValueHeads: 1, head: 3, window: 3)),
  // Longer than a tile of queries, so that tiles meet.
  attention([70], AttentionShape(heads: 1, keyValueHeads: 1, head: 2)),
  GradientCase("LinearCrossEntropy", [normal([5, 4]), normal([11, 4], 2)]) {
    $0[0].linearCrossEntropy(weight: $0[1], targets: [0, 10, 3, 3, 7]) * 0.2
  },
  // Each row's loss has an upstream gradient of its own.
  GradientCase(
    "LinearCrossEntropyRows", [normal([5, 4]), normal([11, 4], 2), normal([2, 4], 4)]
  ) {
    $0[0].linearCrossEntropyRows(
      weight: $0[1], targets: [0, 10, 3, 3, 7],
      replacing: ReplacedClasses(classes: [3, 10], rows: $0[2])) * Variable(normal([5], 3))
  },
  GradientCase("LinearCrossEntropyRows", [normal([5, 4]), normal([11, 4], 2)]) {
    $0[0].linearCrossEntropyRows(weight: $0[1], targets: [0, 10, 3, 3, 7])
      * Variable(normal([5], 3))
  },
]
