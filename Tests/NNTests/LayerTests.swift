import Autodiff
import NN
import TensorCore
import TestSupport
import Testing

@Suite struct LayerTests {
  private func context(tape: Tape<Float>? = nil) -> ForwardContext {
    ForwardContext(
      tape: tape, angles: RotaryEmbedding(head: 4, theta: 10_000).angles(at: [0, 1]),
      attention: .documents(DocumentSegments(lengths: [2])))
  }

  // numpy 2.4: f = 10000.0 ** (-np.arange(0, 8, 2) / 8); np.cos(3 * f), np.sin(3 * f)
  @Test func anglesTurnByPositionTimesFrequency() {
    let angles = RotaryEmbedding(head: 8, theta: 10_000).angles(at: [0, 3])

    expectClose(
      angles.cosines.rows(1..<2).scalars, [-0.9899925, 0.95533649, 0.99955003, 0.9999955],
      within: 1e-6)
    expectClose(
      angles.sines.rows(1..<2).scalars, [0.14112001, 0.29552021, 0.0299955, 0.0029999955],
      within: 1e-6)
    #expect(angles.cosines.rows(0..<1).scalars == [1, 1, 1, 1])
  }

  @Test func linearAddsItsBias() {
    let layer = Linear(
      weight: Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2]), bias: Tensor([10, 20, 30], shape: [3]))

    let y = layer(Variable(Tensor([1, 1, 2, 0], shape: [2, 2])), in: context())

    #expect(y.value.scalars == [13, 27, 41, 12, 26, 40])
    #expect(layer.parameters.map(\.path) == ["weight", "bias"])
    #expect((layer.inputSize, layer.outputSize) == (2, 3))
  }

  @Test func parameterUsedTwiceIsOneLeaf() {
    let parameter = Parameter(Tensor([2, 3], shape: [1, 2]), isTrainable: true)
    let tape = Tape<Float>()
    let context = context(tape: tape)

    let sum = (parameter.variable(in: context) * parameter.variable(in: context)).sum()
    let gradient = tape.gradients(of: sum).gradient(of: parameter)

    #expect(gradient?.scalars == [4, 6])
  }

  @Test func frozenParameterIsAConstant() {
    let parameter = Parameter(Tensor([2], shape: [1]))
    let tape = Tape<Float>()

    #expect(!parameter.variable(in: context(tape: tape)).isTracked)
  }

  @Test func projectionsHaveTheNamesOfCheckpoints() {
    let linear = { Linear(weight: Tensor<Float>.zeros([4, 4])) }
    let norm = { RMSNorm(weight: Tensor(repeating: 1, shape: [4]), epsilon: 1e-5) }
    let block = TransformerBlock(
      attentionNorm: norm(),
      attention: SelfAttention(
        query: linear(), key: linear(), value: linear(), output: linear(),
        shape: AttentionShape(heads: 1, keyValueHeads: 1, head: 4), layer: 0),
      feedForwardNorm: norm(),
      feedForward: FeedForward(gate: linear(), up: linear(), down: linear()))
    var names: [String] = []

    block.updateProjections { path, _ in names.append(path) }

    #expect(
      names == [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
      ])
    // Without weights in its projections a block adds nothing to its input.
    let x = Tensor<Float>([1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 4])
    #expect(block(Variable(x), in: context()).value == x)
  }
}
