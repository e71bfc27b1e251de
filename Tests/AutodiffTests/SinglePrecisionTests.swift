import Autodiff
import TensorCore
import TestSupport
import Testing

/// Operations that exist in `Float` alone, by the name of their file.
///
/// Finite differences say nothing in f32: each is compared with the same mathematics composed of
/// operations of the gradient table.
let singlePrecisionOperations: Set = ["FrozenLinear"]

@Suite struct SinglePrecisionTests {
  /// Numbers that bf16 holds, so that its rounding is not what the comparison sees.
  private func normal(_ shape: Shape, _ seed: UInt64) -> Tensor<Float> {
    let numbers = RandomTensor.normal(shape, seed: seed) as Tensor<Float>
    return Tensor(
      numbers.scalars.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }, shape: shape)
  }

  private func compare(
    _ inputs: [Tensor<Float>], output: Shape, within tolerance: Double = 1e-5,
    found: @escaping ([Variable<Float>]) -> Variable<Float>,
    expected: @escaping ([Variable<Float>]) -> Variable<Float>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let upstream = normal(output, 9)
    let results = [found, expected].map { function in
      let tape = Tape<Float>()
      let leaves = inputs.map { tape.leaf($0) }
      let y = function(leaves)
      let gradients = tape.gradients(of: y, upstream: upstream)
      return [y.value] + leaves.compactMap { gradients[$0] }
    }
    #expect(results[0].count == inputs.count + 1, sourceLocation: sourceLocation)
    for (index, pair) in zip(results[0], results[1]).enumerated() {
      expectClose(
        pair.0.scalars, pair.1.scalars, within: tolerance, "result \(index)",
        sourceLocation: sourceLocation)
    }
  }

  @Test func frozenLinear() {
    let w = normal([20, 33], 2)
    let frozen = FrozenMatrix(w)
    compare([normal([40, 33], 1)], output: [40, 20]) {
      $0[0].frozenLinear(weight: frozen)
    } expected: {
      $0[0].matmulTransposed(Variable(w))
    }
  }

  @Test func frozenLinearUsedTwiceAddsItsGradients() {
    let w = normal([33, 33], 2)
    let frozen = FrozenMatrix(w)
    compare([normal([5, 33], 1)], output: [5, 33]) {
      $0[0].frozenLinear(weight: frozen) + $0[0].frozenLinear(weight: frozen)
    } expected: {
      $0[0].matmulTransposed(Variable(w)) + $0[0].matmulTransposed(Variable(w))
    }
  }

  @Test(arguments: [false, true])
  func frozenLoRALinear(hasDropout: Bool) {
    let w = normal([20, 33], 2)
    let frozen = FrozenMatrix(w)
    let adapted = { (x: Variable<Float>) in hasDropout ? x.dropout(rate: 0.25, seed: 3) : nil }
    compare([normal([40, 33], 1), normal([4, 33], 3), normal([20, 4], 4)], output: [40, 20]) {
      $0[0].frozenLoRALinear(
        weight: frozen, down: $0[1], up: $0[2], scale: 1.5, adapted: adapted($0[0]))
    } expected: {
      $0[0].loraLinear(
        weight: Variable(w), down: $0[1], up: $0[2], scale: 1.5, adapted: adapted($0[0]))
    }
  }

  @Test(arguments: [false, true])
  func frozenDoRALinear(hasDropout: Bool) {
    let w = normal([20, 33], 2)
    let frozen = FrozenMatrix(w)
    let norms = RandomTensor.uniform([20], 0.5, 2, seed: 6) as Tensor<Float>
    let inputs = [normal([40, 33], 1), normal([4, 33], 3), normal([20, 4], 4), norms * 1.25]
    let adapted = { (x: Variable<Float>) in hasDropout ? x.dropout(rate: 0.5, seed: 3) : nil }
    // Upstream gradients are scaled by rows before they meet the weight, and rounded there.
    compare(inputs, output: [40, 20], within: 1 / 128) {
      $0[0].frozenDoRALinear(
        weight: frozen, down: $0[1], up: $0[2], scale: 1.5, magnitude: $0[3], norms: norms,
        adapted: adapted($0[0]))
    } expected: {
      $0[0].doraLinear(
        weight: Variable(w), down: $0[1], up: $0[2], scale: 1.5, magnitude: $0[3], norms: norms,
        adapted: adapted($0[0]))
    }
  }

  // The gradient of the logits is not a number that bf16 holds: each is rounded by one part in 512.
  @Test func frozenLinearCrossEntropy() {
    let (w, x) = (normal([50, 16], 2), normal([300, 16], 1))
    let targets = (0..<300).map { Int32($0 % 50) }
    let (tape, twinTape) = (Tape<Float>(), Tape<Float>())
    let (found, expected) = (tape.leaf(x), twinTape.leaf(x))

    let loss = found.frozenLinearCrossEntropy(weight: FrozenMatrix(w), targets: targets)
    let twin = expected.linearCrossEntropy(weight: Variable(w), targets: targets)
    let (lossValue, twinValue) = (loss.value.item, twin.value.item)
    let gradient = tape.gradients(of: loss)[found]?.scalars ?? []
    let exact = twinTape.gradients(of: twin)[expected]?.scalars ?? []

    expectClose([lossValue], [twinValue], within: 1e-5, "loss")
    expectClose(gradient, exact, within: 1 / 128.0, "gradient")
  }
}
