import Autodiff
import TensorCore
import TestSupport
import Testing

/// Each fused operation against the same mathematics composed of plain operations: value and gradients.
@Suite struct ComposedTwinTests {
  private func compare(
    _ inputs: [Tensor<Double>], fused: ([Variable<Double>]) -> Variable<Double>,
    composed: ([Variable<Double>]) -> Variable<Double>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var results: [[Tensor<Double>]] = []
    func run(_ function: ([Variable<Double>]) -> Variable<Double>) {
      let tape = Tape<Double>()
      let leaves = inputs.map { tape.leaf($0) }
      let output = function(leaves)
      let value = output.value
      let upstream = RandomTensor.normal(value.shape, seed: 3) as Tensor<Double>
      let gradients = tape.gradients(of: output, upstream: upstream)
      results.append([value] + leaves.compactMap { gradients[$0] })
    }
    run(fused)
    run(composed)
    #expect(results[0].count == inputs.count + 1, sourceLocation: sourceLocation)
    for (index, pair) in zip(results[0], results[1]).enumerated() {
      expectClose(
        pair.0.scalars, pair.1.scalars, within: 1e-12, "result \(index)",
        sourceLocation: sourceLocation)
    }
  }

  private func normal(_ shape: Shape, _ seed: UInt64 = 1) -> Tensor<Double> {
    RandomTensor.normal(shape, seed: seed)
  }

  @Test func rmsNorm() {
    compare([normal([5, 8]), normal([8], 2)]) {
      $0[0].rmsNorm(weight: $0[1], epsilon: 1e-5)
    } composed: { x in
      let epsilon = Variable(Tensor<Double>(repeating: 1e-5, shape: [5, 1]))
      let root = ((x[0] * x[0]).rowSums() * (1.0 / 8) + epsilon).squareRoot()
      let one = Variable(Tensor<Double>(repeating: 1, shape: [5, 1]))
      return x[0].multiplied(column: one / root).multiplied(row: x[1])
    }
  }

  @Test func swiGLU() {
    compare([normal([3, 20]), normal([3, 20], 2)]) {
      .swiGLU(gate: $0[0], up: $0[1])
    } composed: {
      $0[0] * $0[0].sigmoid() * $0[1]
    }
  }

  @Test func rotary() {
    let cosines = normal([4, 3], 5)
    let sines = normal([4, 3], 6)
    compare([normal([4, 6])]) {
      $0[0].rotated(heads: 1, angles: RotaryAngles(cosines: cosines, sines: sines))
    } composed: { x in
      let (a, b) = (x[0].columns(0..<3), x[0].columns(3..<6))
      let (c, s) = (Variable(cosines), Variable(sines))
      return (a * c - b * s).concatenatingColumns(b * c + a * s)
    }
  }

  @Test func loraLinear() {
    compare([normal([6, 9]), normal([4, 9], 2), normal([2, 9], 3), normal([4, 2], 4)]) {
      $0[0].loraLinear(weight: $0[1], down: $0[2], up: $0[3], scale: 1.5)
    } composed: {
      $0[0].matmulTransposed($0[1])
        + $0[0].matmulTransposed($0[2]).matmulTransposed($0[3]) * 1.5
    }
  }

  @Test func linearCrossEntropy() {
    let targets: [Int32] = [3, 0, 6]
    compare([normal([3, 4]), normal([7, 4], 2)]) {
      $0[0].linearCrossEntropy(weight: $0[1], targets: targets)
    } composed: {
      let logits = $0[0].matmulTransposed($0[1])
      return (logits.exp().rowSums().log() - logits.pickingColumns(targets)).sum()
    }
  }

  @Test(arguments: [nil, 3])
  func causalAttention(window: Int?) {
    // Two documents of 4 and 6 tokens, 4 query heads over 2 key-value heads of 3.
    let shape = AttentionShape(heads: 4, keyValueHeads: 2, head: 3, window: window)
    let segments = DocumentSegments(lengths: [4, 6])
    compare([normal([10, 12]), normal([10, 6], 2), normal([10, 6], 3)]) {
      .causalAttention(
        queries: $0[0], keys: $0[1], values: $0[2], shape: shape, segments: segments)
    } composed: { x in
      let document: [Int] = (0..<10).map { $0 < 4 ? 0 : 1 }
      let mask = (0..<10).flatMap { i in
        (0..<10).map { j -> Double in
          let sees = j <= i && document[i] == document[j] && (window.map { i - j < $0 } ?? true)
          return sees ? 0 : -1e9
        }
      }
      let bias = Variable(
        Tensor((0..<4).flatMap { _ in mask }, shape: [4, 10, 10]))
      let heads = { (v: Variable<Double>, count: Int) in
        v.reshaped([10, count, 3]).permuted([1, 0, 2]).reshaped([count, 30])
      }
      let shared = { (v: Variable<Double>) in
        heads(v, 2).gatheringRows([0, 0, 1, 1]).reshaped([4, 10, 3])
      }
      let q = heads(x[0], 4).reshaped([4, 10, 3])
      let scores = q.batchedMatmul(shared(x[1]), transposingOther: true) * (1 / 3.0.squareRoot())
      return (scores + bias).softmax().batchedMatmul(shared(x[2]))
        .permuted([1, 0, 2]).reshaped([10, 12])
    }
  }
}
