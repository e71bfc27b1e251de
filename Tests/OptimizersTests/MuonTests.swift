import NN
import Optimizers
import TensorCore
import TestSupport
import Testing

@Suite struct MuonTests {
  private static let first = Tensor<Float>([1, 2, -1, 0.5, -3, 2], shape: [2, 3])
  private static let second = Tensor<Float>([0.5, -1, 2, 1, 1, 0.25], shape: [2, 3])

  // torch 2.15: Muon([p], lr=.1, weight_decay=.01, momentum=.95, nesterov=True,
  // adjust_lr_fn="match_rms_adamw"), its Newton-Schulz iteration computed in f32 instead of bf16.
  @Test func twoStepsOfMuon() {
    let parameter = Parameter(Tensor([1, -2, 0.5, 3, 0.25, -1], shape: [2, 3]), isTrainable: true)
    let optimizer = Muon([parameter], weightDecay: 0.01)

    optimizer.step([Self.first], learningRate: 0.1)
    expectClose(
      parameter.value.scalars,
      [0.9790508, -2.0113914, 0.5028823, 2.9852581, 0.2671863, -1.0128331], within: 2e-6)
    optimizer.step([Self.second], learningRate: 0.1)
    expectClose(
      parameter.value.scalars,
      [0.9804733, -2.0209632, 0.4755067, 2.9576666, 0.2835931, -1.0113028], within: 2e-6)
  }

  @Test func aTransposedMatrixTakesTheTransposedStep() {
    let wide = Parameter(.zeros([2, 3]), isTrainable: true)
    let tall = Parameter(.zeros([3, 2]), isTrainable: true)

    Muon([wide]).step([Self.first], learningRate: 1)
    Muon([tall]).step([Self.first.transposed()], learningRate: 1)

    expectClose(tall.value.transposed().scalars, wide.value.scalars, within: 1e-6)
  }

  @Test func aRestoredOptimizerGoesOnWithTheSameBits() {
    let shapes: [Shape] = [[2, 3], [3], [2, 3]]
    func parameters() -> [Parameter] {
      shapes.map { Parameter(.zeros($0), isTrainable: true) }
    }
    func optimizer(_ parameters: [Parameter]) -> SplitOptimizer {
      SplitOptimizer(
        first: Muon([parameters[0]], weightDecay: 0.1),
        second: AdamW(
          [parameters[1], parameters[2]], .init(weightDecay: 0.1), decays: [false, true]),
        isFirst: [true, false, false])
    }
    let gradients: [Tensor<Float>?] = [Self.first, Tensor([1, -2, 3], shape: [3]), Self.second]
    let straight = parameters()
    let whole = optimizer(straight)
    let interrupted = parameters()
    let before = optimizer(interrupted)

    for _ in 0..<2 { whole.step(gradients, learningRate: 0.1) }
    before.step(gradients, learningRate: 0.1)
    let after = optimizer(interrupted)
    after.restore(stepCount: before.stepCount, state: before.state)
    after.step(gradients, learningRate: 0.1)

    #expect(interrupted.map(\.value) == straight.map(\.value))
    #expect(after.stepCount == 2)
  }

  @Test func whatDoesNotDecayIsLeftAlone() {
    let parameters = (0..<2).map { _ in Parameter(Tensor([1], shape: [1]), isTrainable: true) }

    AdamW(parameters, .init(weightDecay: 0.5), decays: [true, false])
      .step([nil, nil], learningRate: 0.1)

    #expect(parameters.map { $0.value.item } == [0.95, 1])
  }
}
