import ArgumentParser
import Foundation
import SafeIO
import TensorCore
import Training

/// Carries a run out: the trainer's events become files and a progress line.
struct TrainingRun {
  let trainer: Trainer
  let product: any TrainingProduct
  /// What `run.json` says that does not change during the run.
  let facts: JSONObject
  let isQuiet: Bool
  /// Called after each validation, for what a person would like to see then.
  var validated: (StepRecord, ProgressLine) throws -> Void = { record, line in
    guard let loss = record.validationLoss else { return }
    line.note("step \(record.step): validation loss \(Quantity.fixed(loss, digits: 4))")
  }

  /// Trains, and writes everything under `output`.
  ///
  /// - Returns: What `run.json` says at the end.
  func execute(in output: String) throws -> JSONObject {
    let directory = try RunDirectory(creating: output)
    Interruption.install()
    var summary = TrainingSummary(steps: trainer.stepCount, product: product.name)
    try directory.writeRun(runFile(summary, state: "running"))
    let line = ProgressLine("step", total: trainer.stepCount, isQuiet: isQuiet)
    do {
      try trainer.run(shouldStop: { Interruption.isRequested }) { event in
        switch event {
        case .step(let record):
          summary.add(record)
          try directory.append(record)
          Log.trace("step \(record.step): \(record.tokens) tokens in \(record.seconds) s")
          line.update(record.step, detail: summary.detail(record))
          if record.validationLoss != nil { try validated(record, line) }
        case .checkpoint(let step):
          try product.save(in: directory, summary, step: step)
          line.note("step \(step): saved \(output)/checkpoints/step-\(step)")
        case .validating(let completed, let total):
          line.update(trainer.completedSteps, detail: "validating \(completed)/\(total) rows")
        }
      }
      line.finish()
      try product.save(in: directory, summary, step: nil)
      summary.hash = try FileHash.sha256(ofFile: product.weightsFile(in: directory))
    } catch {
      line.finish()
      try directory.writeRun(runFile(summary, state: "failed"))
      throw error
    }
    let state = Interruption.isRequested ? "interrupted" : "finished"
    try directory.writeRun(runFile(summary, state: state))
    if let profile = trainer.profile { TrainingReport.printProfile(profile) }
    var result = summary.json
    result["state"] = JSON(state)
    result["run"] = JSON(output)
    result[product.name] = JSON(product.path(in: directory))
    return result
  }

  private func runFile(_ summary: TrainingSummary, state: String) -> JSONObject {
    var run = JSONObject()
    run["graft"] = JSON(Graft.configuration.version)
    run["state"] = JSON(state)
    run["command"] = JSON(CommandLine.arguments)
    for (key, value) in facts { run[key] = value }
    run["threads"] = JSON(ThreadPool.shared.threadCount)
    run["kernels"] = JSON(KernelSelection.name)
    run["blas"] = JSON(blasCoreName)
    run["summary"] = JSON(summary.json)
    return run
  }
}
