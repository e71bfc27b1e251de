import Adapters
import Datasets
import Models
import NN
import SafeIO
import TensorCore
import Testing
import Training

/// Losses that stand out, and what a run does then.
@Suite struct LossMonitorTests {
  private func monitor(_ count: Int, _ loss: (Int) -> Double) -> LossMonitor {
    var monitor = LossMonitor()
    for step in 0..<count { monitor.add(loss(step)) }
    return monitor
  }

  @Test func lossFarAboveTheOthersIsASpike() {
    // Losses of 0.9 and 1.1 in turn: mean 1, standard deviation 0.1.
    let quiet = monitor(128) { $0.isMultiple(of: 2) ? 0.9 : 1.1 }

    let spike = quiet.spike(4, step: 129, lines: [3])

    #expect(spike?.step == 129 && spike?.lines == [3] && spike?.median == 1.1)
    #expect(abs((spike?.deviations ?? 0) - 30) < 1e-6)
    #expect(quiet.spike(3.2, step: 129, lines: []) == nil, "below three times the median")
  }

  @Test func noisyAndShortHistoriesHaveNoSpikes() {
    let noisy = monitor(128) { $0.isMultiple(of: 2) ? 0.1 : 3 }
    let short = monitor(31) { _ in 1 }

    #expect(noisy.spike(9.1, step: 1, lines: []) == nil, "below six deviations")
    #expect(short.spike(100, step: 1, lines: []) == nil)
    #expect(monitor(32) { _ in 1 }.spike(100, step: 1, lines: []) != nil)
  }

  @Test func onlyTheLast128LossesCount() {
    var monitor = monitor(1000) { $0 < 872 ? 50 : 1 }

    #expect(monitor.losses.count == 128)
    #expect(monitor.spike(10, step: 1, lines: []) != nil)
    monitor.add(50)
    #expect(monitor.losses.count == 128 && monitor.losses.last == 50)
  }

  /// 160 times the first document until it is known by heart, then the second.
  private func surprise(stops: Bool) throws -> (Trainer, TinyRun) {
    let run = try TinyRun("llama-tied")
    var known = run.examples[0]
    known.sourceLine = 1
    var unknown = run.examples[1]
    unknown.sourceLine = 77
    var configuration = run.configuration()
    (configuration.steps, configuration.batchSize) = (162, 1)
    configuration.stopsAtSpikes = stops
    let trainer = try Trainer(
      model: run.model, training: run.adapter,
      examples: Array(repeating: known, count: 160) + [unknown, known],
      configuration: configuration)
    return (trainer, run)
  }

  @Test func spikeIsReportedWithItsRowsAndTheRunGoesOn() throws {
    var spikes: [LossSpike] = []
    let (trainer, _) = try surprise(stops: false)

    try trainer.run { if case .spike(let spike) = $0 { spikes.append(spike) } }

    #expect(trainer.isComplete)
    #expect(spikes.first?.step == 161 && spikes.first?.lines == [77], "\(spikes)")
  }

  @Test func runThatStopsAtASpikeKeepsTheWeightsOfTheStepBefore() throws {
    let (trainer, run) = try surprise(stops: true)
    var before: [Tensor<Float>] = []

    let error = #expect(throws: TrainingError.self) {
      try trainer.run {
        if case .step(let record) = $0, record.step == 160 {
          before = run.adapter.parameters.map(\.parameter.value)
        }
      }
    }

    #expect(error?.code == "RUN.SPIKE" && error?.failureClass == .numeric)
    #expect(error?.description.contains("77") == true)
    #expect(trainer.completedSteps == 160)
    #expect(run.adapter.parameters.map(\.parameter.value) == before)
  }
}
