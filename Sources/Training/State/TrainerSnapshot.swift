import NN
import Optimizers
package import TensorCore

/// Everything that a trainer's further steps depend on, between two of them.
///
/// The learning rate, the batches and the dropout masks are functions of the step and the seed; a step is
/// taken whole or not at all, so that no half-summed gradient has to be kept. What is left is this.
package struct TrainerSnapshot {
  /// How many steps were taken.
  package var step: Int
  /// How many rows they visited.
  package var seenRows: Int
  /// A step that was taken, and whose validation was broken off.
  package var pending: StepRecord?
  /// The losses that the next one is compared with.
  package var recentLosses: [Double]
  /// The trained weights by their names.
  package var weights: [(name: String, value: Tensor<Float>)]
  /// What the optimizer remembers.
  package var optimizer: [Tensor<Float>]

  package init(
    step: Int, seenRows: Int, pending: StepRecord?, recentLosses: [Double],
    weights: [(name: String, value: Tensor<Float>)], optimizer: [Tensor<Float>]
  ) {
    (self.step, self.seenRows, self.pending) = (step, seenRows, pending)
    (self.recentLosses, self.weights, self.optimizer) = (recentLosses, weights, optimizer)
  }
}

extension Trainer {
  /// What a trainer that is made anew needs to go on with the same bits; nothing is copied before a step.
  package func snapshot() -> TrainerSnapshot {
    TrainerSnapshot(
      step: completedSteps, seenRows: seenRows, pending: pending, recentLosses: monitor.losses,
      weights: trained.parameters.map { ($0.path, $0.parameter.value) },
      optimizer: optimizer.state)
  }

  /// Goes on from a snapshot of a trainer with the same model, rows and configuration.
  ///
  /// - Throws: `TrainingError.stateOfAnother` when the tensors are not those of this run; then nothing has
  ///   changed.
  package func restore(_ snapshot: TrainerSnapshot) throws(TrainingError) {
    let own = trained.parameters
    guard snapshot.weights.map(\.name) == own.map(\.path) else {
      throw .stateOfAnother(reason: "\(snapshot.weights.count) weights of other names")
    }
    for (weight, (_, parameter)) in zip(snapshot.weights, own)
    where weight.value.shape != parameter.value.shape {
      throw .stateOfAnother(
        reason: "'\(weight.name)' is \(weight.value.shape), expected \(parameter.value.shape)")
    }
    guard snapshot.optimizer.map(\.shape) == optimizer.state.map(\.shape) else {
      throw .stateOfAnother(reason: "the optimizer's tensors have other shapes")
    }
    guard (0...stepCount).contains(snapshot.step), snapshot.seenRows >= 0 else {
      throw .stateOfAnother(reason: "step \(snapshot.step) of \(stepCount)")
    }
    for (weight, (_, parameter)) in zip(snapshot.weights, own) { parameter.value = weight.value }
    optimizer.restore(stepCount: snapshot.step, state: snapshot.optimizer)
    (completedSteps, seenRows, pending) = (snapshot.step, snapshot.seenRows, snapshot.pending)
    monitor = LossMonitor(snapshot.recentLosses)
  }
}
