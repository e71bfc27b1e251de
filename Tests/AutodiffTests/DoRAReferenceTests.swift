import Autodiff
import TensorCore
import TestSupport
import Testing

@Suite struct DoRAReferenceTests {
  // peft 0.21.2, torch 2.15: nn.Linear(3, 2) with weight w and bias (0.25, -0.5), LoraConfig(r=1, lora_alpha=2,
  // use_dora=True), lora_A a, lora_B b, lora_magnitude_vector m, in eval mode:
  // y = model(x); (y * upstream).sum().backward()
  @Test func valueAndGradientsAreThoseOfPEFT() {
    let x = Tensor<Float>([1, -2, 0.5, 0, 1, -1], shape: [2, 3])
    let w = Tensor<Float>([1, 2, -1, 0.5, -1, 2], shape: [2, 3])
    let a = Tensor<Float>([0.5, -0.25, 1], shape: [1, 3])
    let b = Tensor<Float>([0.5, -1], shape: [2, 1])
    let tape = Tape<Float>()
    let leaves = [x, a, b, Tensor([3, 1.5], shape: [2])].map { tape.leaf($0) }
    let norms = Tensor.adaptedRowNorms(
      squares: w.rowSquares(), projected: w.matmul(a, transposingOther: true), down: a, up: b,
      scale: 2)

    let y = leaves[0].doraLinear(
      weight: Variable(w), down: leaves[1], up: leaves[2], scale: 2, magnitude: leaves[3],
      norms: norms
    ).adding(row: Variable(Tensor([0.25, -0.5], shape: [2])))
    let value = y.value.scalars
    let gradients = tape.gradients(of: y, upstream: Tensor([1, -1, 0.5, 2], shape: [2, 2]))

    expectClose(
      value, [-2.3531653881073, 0.5606603622436523, 2.5277695655822754, -1.5606601238250732],
      within: 1e-6)
    let expected: [[Float]] = [
      [3.0130343437194824, 3.3384299278259277, 0, -1.1451334953308105, -0.9824354648590088, 0],
      [5.544223785400391, -18.92293930053711, 10.606602668762207],
      [2.2777695655822754, -16.970563888549805], [-0.4880935251712799, -2.1213204860687256],
    ]
    for (leaf, numbers) in zip(leaves, expected) {
      expectClose(gradients[leaf]?.scalars ?? [], numbers, within: 1e-6)
    }
  }
}
