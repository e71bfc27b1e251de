import NN
import Optimizers
import TensorCore
import TestSupport
import Testing

@Suite struct OptimizerTests {
  // torch 2.15: p=torch.tensor([1.,-2.]); o=torch.optim.AdamW([p],lr=.1,weight_decay=.01)
  // p.grad=tensor([.5,-1.]); o.step(); p.grad=tensor([.25,3.]); o.step(); p
  @Test func twoStepsOfAdamW() {
    let parameter = Parameter(Tensor([1, -2], shape: [2]), isTrainable: true)
    let optimizer = AdamW([parameter], .init(weightDecay: 0.01))

    optimizer.step([Tensor([0.5, -1], shape: [2])], learningRate: 0.1)
    optimizer.step([Tensor([0.25, 3], shape: [2])], learningRate: 0.1)

    expectClose(parameter.value.scalars, [0.8048830628395081, -1.9455209970474243], within: 1e-6)
    #expect(optimizer.stepCount == 2)
  }

  /// A copy would be made anew at every step, and come to lie in ever larger blocks of the pool.
  @Test(arguments: [false, true]) func weightsAndAveragesStayWhereTheyAre(usesMuon: Bool) {
    let parameter = Parameter(.zeros([64, 64]), isTrainable: true)
    let optimizer: any Optimizer = usesMuon ? Muon([parameter]) : AdamW([parameter])
    func places() -> [Int] {
      ([parameter.value] + optimizer.state).map {
        $0.withUnsafePointer { Int(bitPattern: $0) }
      }
    }
    let before = places()

    optimizer.step([Tensor(repeating: 1, shape: [64, 64])], learningRate: 0.1, gradientScale: 1)

    #expect(places() == before)
  }

  // transformers 5.23: get_scheduler(name, opt, 2, 6), lr 1, rates of steps 0 to 6
  @Test func schedulesAreThoseOfTransformers() {
    let rates = { (kind: LearningRateSchedule.Kind) in
      (0...6).map {
        LearningRateSchedule(kind: kind, peak: 1, warmupSteps: 2, totalSteps: 6).rate(at: $0)
      }
    }

    expectClose(rates(.constant), [0, 0.5, 1, 1, 1, 1, 1], within: 1e-12)
    expectClose(rates(.linear), [0, 0.5, 1, 0.75, 0.5, 0.25, 0], within: 1e-12)
    expectClose(
      rates(.cosine), [0, 0.5, 1, 0.8535533905932737, 0.5, 0.14644660940672627, 0], within: 1e-12)
  }

  @Test func wsdStaysAtThePeakAndEndsWithASquareRoot() {
    let rates = (0...10).map {
      LearningRateSchedule(kind: .wsd, peak: 1, warmupSteps: 2, totalSteps: 10).rate(at: $0)
    }

    expectClose(
      rates, [0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1 - 0.5.squareRoot(), 0], within: 1e-12)
  }

  @Test func clippingScalesByTheGlobalNorm() {
    let gradients: [Tensor<Float>?] = [Tensor([3], shape: [1]), nil, Tensor([4], shape: [1])]

    let norm = GradientClipping.norm(gradients)

    #expect(norm == 5)
    #expect(GradientClipping.factor(norm: norm, limit: nil) == 1)
    #expect(GradientClipping.factor(norm: norm, limit: 10) == 1)
    #expect(abs(GradientClipping.factor(norm: norm, limit: 1) - 0.2) < 1e-6)
  }
}
