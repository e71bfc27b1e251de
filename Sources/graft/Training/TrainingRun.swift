import ArgumentParser
import Foundation
import SafeIO
import TensorCore
import Training

/// Carries a run out, from its first step or from where it was left: the trainer's events become files and a
/// progress line.
struct TrainingRun {
  let trainer: Trainer
  let product: any TrainingProduct
  /// What `run.json` says that does not change during the run.
  let facts: JSONObject
  /// What decides the result, by the names that a person knows: a run goes on only where all of it is the same.
  let identity: JSONObject
  let saving: ContinuationOptions
  let isQuiet: Bool
  /// What the model answers at every validation and at the end; nil where it is not asked.
  var samples: ((_ step: Int) throws -> [RunSample])?
  /// The answers before the first step, where they were made already.
  var firstSamples: [RunSample]?
  /// What is foretold of time and memory.
  var forecast: RunForecast?
  /// Whether TensorBoard's events are written.
  var writesEvents = true
  /// Called after each validation, for what a person would like to see then.
  var validated: (StepRecord, ProgressLine) throws -> Void = { record, line in
    guard let loss = record.validationLoss else { return }
    line.note("step \(record.step): validation loss \(Quantity.fixed(loss, digits: 4))")
  }

  /// Trains, and writes everything under `output`; goes on where it holds the same run.
  ///
  /// - Returns: What `run.json` says at the end.
  func execute(in output: String) throws -> JSONObject {
    try execute(in: try RunDirectory(opening: output, restarts: saving.restart))
  }

  /// Trains, and writes everything into a directory that is open already.
  func execute(in directory: RunDirectory) throws -> JSONObject {
    var recorder = RunRecorder(run: self, directory: directory, identity: wholeIdentity)
    if let done = try recorder.resume() { return done }
    Interruption.install()
    do {
      try trainer.run(shouldStop: { Interruption.isRequested }) { try recorder.handle($0) }
      return try recorder.conclude()
    } catch {
      recorder.fail(error)
      throw error
    }
  }

  /// Prints what came out, and ends the command as the signal asks that stopped it before the last step.
  func report(_ summary: JSONObject, asJSON: Bool) throws {
    if asJSON {
      try JSONOutput.write(JSON(summary))
    } else {
      try StandardOutput.line(TrainingReport.text(summary))
    }
    if !trainer.isComplete { try Interruption.throwIfRequested() }
  }

  /// The identity with what holds for every run: how many steps the schedule has, and whose arithmetic it is.
  private var wholeIdentity: JSONObject {
    var identity = identity
    identity["planned-steps"] = JSON(trainer.stepCount)
    identity["kernels"] = JSON(KernelSelection.name)
    identity["blas-kernels"] = JSON(blasCoreName)
    identity["arithmetic"] = JSON(RunIdentity.arithmetic)
    return identity
  }
}
