import ArgumentParser
import Foundation
import SafeIO
import TensorCore
import Training

/// Turns the events of one run into files, and makes sure that it can go on after any of them.
struct RunRecorder {
  private let run: TrainingRun
  private let directory: RunDirectory
  private let identity: JSONObject
  private var summary: TrainingSummary
  private var line: ProgressLine
  private var pace = SavingPace()
  /// The step of the newest state; 0 before there is one.
  private var savedStep = 0
  /// The steps after which the run was taken up again.
  private var resumedAt: [Int] = []

  private var trainer: Trainer { run.trainer }

  init(run: TrainingRun, directory: RunDirectory, identity: JSONObject) {
    (self.run, self.directory, self.identity) = (run, directory, identity)
    summary = TrainingSummary(steps: run.trainer.stepCount, product: run.product.name)
    line = ProgressLine("step", total: run.trainer.stepCount, isQuiet: true)
  }

  /// Takes up what is saved in the directory.
  ///
  /// - Returns: What `run.json` says, when the run is complete already; then nothing was written.
  mutating func resume() throws -> JSONObject? {
    let found = try directory.continuation(of: identity)
    if let done = try completed() { return done }
    for damage in found.damages { Log.warning("\(damage.reason): not as it was written") }
    if let state = found.state {
      try trainer.restore(state.snapshot)
      summary.restore(state.progress)
      savedStep = trainer.completedSteps
      resumedAt = (directory.found?["resumed_at"]?.array ?? []).compactMap(\.int) + [savedStep]
    }
    let isPending = found.state?.snapshot.pending != nil
    let repeated = try directory.startMetrics(after: savedStep - (isPending ? 1 : 0))
    announce(isNew: directory.found == nil, repeated: repeated)
    try writeRun("running")
    line = ProgressLine(
      "step", total: trainer.stepCount, isQuiet: run.isQuiet, startingAt: savedStep)
    return nil
  }

  private func announce(isNew: Bool, repeated: Int) {
    guard !isNew else { return }
    let again = repeated == 0 ? "" : "; \(Quantity.count(repeated)) steps are repeated"
    if savedStep == 0 {
      Log.info("no state was saved in \(directory.path): starting again at step 0\(again)")
    } else {
      let (step, count) = (Quantity.count(savedStep), Quantity.count(trainer.stepCount))
      Log.info("resuming at step \(step) of \(count)\(again)")
    }
  }

  /// What `run.json` says of a run that is finished, and whose result is still the one that it wrote.
  private func completed() throws -> JSONObject? {
    guard let found = directory.found, found["state"]?.string == "finished",
      var result = found["summary"]?.object
    else { return nil }
    let file = run.product.weightsFile(in: directory)
    let hash = try? FileHash.sha256(ofFile: file)
    guard let hash, hash == result["\(run.product.name)_sha256"]?.string else {
      Log.warning("\(file): \(hash == nil ? "missing" : "changed"), and written again")
      return nil
    }
    Log.info("\(directory.path): already complete")
    result["state"] = "finished"
    result["run"] = JSON(directory.path)
    result[run.product.name] = JSON(run.product.path(in: directory))
    return result
  }

  mutating func handle(_ event: TrainingEvent) throws {
    switch event {
    case .step(let record):
      summary.add(record)
      try directory.append(record)
      Log.trace("step \(record.step): \(record.tokens) tokens in \(record.seconds) s")
      line.update(record.step, detail: summary.detail(record))
      if record.validationLoss != nil {
        try run.validated(record, line)
        if summary.bestStep == record.step, trainer.configuration.evalEvery != nil {
          try run.product.save(in: directory, summary, to: .best)
        }
      }
      // Where a checkpoint follows, the state is saved after it, so that neither is without the other.
      let isCheckpoint = trainer.configuration.saveEvery.map { record.step % $0 == 0 } ?? false
      if !isCheckpoint, !trainer.isComplete, pace.isDue { try saveState() }
    case .checkpoint(let step):
      try run.product.save(in: directory, summary, to: .step(step))
      try saveState()
      try directory.checkpoints.prune(keeping: run.saving.keep, upTo: step)
      line.note("step \(step): saved \(directory.checkpoints.path(of: step))")
    case .validating(let completed, let total):
      line.update(trainer.completedSteps, detail: "validating \(completed)/\(total) rows")
    case .spike(let spike):
      line.note("warning: \(TrainingError.spike(spike))")
    }
  }

  /// Makes the run durable up to here, and only then removes older states.
  private mutating func saveState() throws {
    let start = ContinuousClock.now
    let step = trainer.completedSteps
    try directory.flushMetrics()
    try TrainingState(
      snapshot: trainer.snapshot(), identity: identity, progress: summary.progress
    ).save(to: directory.states.newPath(of: step))
    savedStep = step
    try writeRun("running")
    try directory.states.prune(keeping: run.saving.keep, upTo: step)
    pace.saved(from: start)
    Log.debug("step \(step): state saved in \((ContinuousClock.now - start).seconds) s")
  }

  /// Saves what the run came to, at its end or where it was told to stop.
  mutating func conclude() throws -> JSONObject {
    line.finish()
    if savedStep != trainer.completedSteps || trainer.completedSteps == 0 { try saveState() }
    try run.product.save(in: directory, summary, to: .finished)
    summary.hash = try FileHash.sha256(ofFile: run.product.weightsFile(in: directory))
    let state = trainer.isComplete ? "finished" : "interrupted"
    try writeRun(state)
    // What is finished needs no state to fall back on.
    if trainer.isComplete { try directory.states.prune(keeping: 1, upTo: trainer.stepCount) }
    if let profile = trainer.profile { TrainingReport.printProfile(profile) }
    var result = summary.json
    result["state"] = JSON(state)
    result["run"] = JSON(directory.path)
    result[run.product.name] = JSON(run.product.path(in: directory))
    if !trainer.isComplete {
      result["resume_command"] = JSON(ShellCommand.resuming(CommandLine.arguments))
    }
    return result
  }

  /// Leaves a run that cannot go on as it can be gone on with, or looked at.
  mutating func fail(_ error: any Error) {
    line.finish()
    if (error as? TrainingError)?.failureClass == .numeric {
      // The weights are those before the step that failed.
      let step = trainer.completedSteps
      do {
        try run.product.save(in: directory, summary, to: .step(step))
        if savedStep != step { try saveState() }
        Log.info("saved \(directory.checkpoints.path(of: step))")
      } catch {
        Log.warning("what was trained before could not be saved: \(error)")
      }
    }
    try? writeRun("failed")
    if savedStep > 0 {
      Log.info("the newest saved state is that of step \(Quantity.count(savedStep))")
    }
  }

  private func writeRun(_ state: String) throws {
    var json = JSONObject()
    json["graft"] = JSON(Graft.configuration.version)
    json["state"] = JSON(state)
    json["command"] = JSON(CommandLine.arguments)
    for (key, value) in run.facts { json[key] = value }
    json["threads"] = JSON(ThreadPool.shared.threadCount)
    json["kernels"] = JSON(KernelSelection.name)
    json["blas"] = JSON(blasCoreName)
    json["identity"] = JSON(identity)
    json["saved_step"] = JSON(savedStep)
    json["resumed_at"] = JSON(resumedAt)
    json["summary"] = JSON(summary.json)
    try directory.writeRun(json)
  }
}
