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
  /// Whether the newest state is that of now.
  private var isSaved = false
  private var history: RunHistory
  private var view = LiveView()
  private var watch: RunWatch
  private var forecast: RunForecast?
  /// When this process began, and what the ones before it took.
  private var began = (at: ContinuousClock.now, elapsed: 0.0)

  private var trainer: Trainer { run.trainer }

  init(run: TrainingRun, directory: RunDirectory, identity: JSONObject) {
    (self.run, self.directory, self.identity) = (run, directory, identity)
    summary = TrainingSummary(steps: run.trainer.stepCount, product: run.product.name)
    line = ProgressLine("step", total: run.trainer.stepCount, isQuiet: true)
    history = RunHistory(directory.found)
    watch = RunWatch(run: run, path: directory.path)
  }

  /// Takes up what is saved in the directory.
  ///
  /// - Returns: What `run.json` says, when the run is complete already; then nothing was written.
  mutating func resume() throws -> JSONObject? {
    let names = run.saving.acceptChange
    let isSame = try directory.changes(to: identity, accepting: names).isEmpty
    if isSame, let done = completed() { return done }
    let found = try directory.continuation(of: identity, accepting: names)
    if let state = found.state {
      try trainer.restore(state.snapshot)
      summary.restore(state.progress)
      (savedStep, isSaved) = (trainer.completedSteps, true)
      history.resumed(at: savedStep)
    }
    // Before anything else stands there: a directory is known for a run's by what run.json says.
    if directory.found == nil { try writeRun("running") }
    let isPending = found.state?.snapshot.pending != nil
    let kept = savedStep - (isPending ? 1 : 0)
    let metrics = try directory.startMetrics(after: kept)
    try watch.start(after: kept)
    forecast = run.forecast ?? RunForecast(json: directory.found?["forecast"])
    began = (.now, summary.elapsed)
    announce(found, metrics)
    history.accept(found.accepted, at: savedStep)
    // Where a disk is full, states beyond --keep make room; what is damaged stays until a newer one is whole.
    if found.state != nil, found.damages.isEmpty {
      try directory.states.prune(keeping: run.saving.keep, upTo: savedStep)
    }
    try writeRun("running")
    line = ProgressLine(
      "step", total: trainer.stepCount, isQuiet: run.isQuiet, startingAt: savedStep)
    if savedStep == 0 { try watch.sample(0, line) }
    return nil
  }

  private func announce(_ found: RunDirectory.Continuation, _ metrics: RunDirectory.MetricsCut) {
    guard directory.found != nil || found.state != nil else { return }
    let back = found.damages.first.map { $0.step - savedStep } ?? 0
    for damage in found.damages { Log.warning("\(damage.reason): this state is not used") }
    for change in found.accepted {
      Log.warning("\(change.name) was \(change.before) and is \(change.now) from here on")
    }
    if metrics.missing > 0 {
      Log.warning("metrics.jsonl lacks the last \(metrics.missing) steps before step \(savedStep)")
    }
    let repeated = max(metrics.cut, back)
    let steps = repeated == 1 ? "1 step is" : "\(Quantity.count(repeated)) steps are"
    let again = repeated == 0 ? "" : "; \(steps) repeated"
    if savedStep == 0 {
      Log.info("no state was saved in \(directory.path): starting again at step 0\(again)")
    } else {
      let (step, count) = (Quantity.count(savedStep), Quantity.count(trainer.stepCount))
      let text = "resuming at step \(step) of \(count)\(again)"
      if found.damages.isEmpty { Log.info(text) } else { Log.warning(text) }
    }
  }

  /// What `run.json` says of a run that is finished, and whose result is still the one that it wrote.
  private func completed() -> JSONObject? {
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
      isSaved = false
      summary.add(record)
      view.add(record)
      try directory.append(record)
      try watch.append(record)
      Log.trace("step \(record.step): \(record.tokens) tokens in \(record.seconds) s")
      line.update(record.step, detail: summary.detail(record)) {
        view.lines(record, summary)
      }
      if record.validationLoss != nil {
        try run.validated(record, line)
        if summary.bestStep == record.step, trainer.configuration.evalEvery != nil {
          try run.product.save(in: directory, summary, to: .best)
        }
      }
      if record.validationLoss != nil || trainer.isComplete {
        try watch.sample(record.step, line)
        if !trainer.isComplete { try watch.refreshIfDue(runJSON("running")) }
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
  private mutating func saveState(withPage: Bool = true) throws {
    let start = ContinuousClock.now
    summary.elapsed = began.elapsed + (start - began.at).seconds
    let step = trainer.completedSteps
    try directory.flushMetrics()
    try TrainingState(
      snapshot: trainer.snapshot(), identity: identity, progress: summary.progress
    ).save(to: directory.states.newPath(of: step))
    (savedStep, isSaved) = (step, true)
    try writeRun("running")
    try directory.states.prune(keeping: run.saving.keep, upTo: step)
    if withPage { try watch.refreshIfDue(runJSON("running")) }
    pace.saved(from: start)
    Log.debug("step \(step): state saved in \((ContinuousClock.now - start).seconds) s")
  }

  /// Saves what the run came to, at its end or where it was told to stop.
  mutating func conclude() throws -> JSONObject {
    line.finish()
    if !isSaved || savedStep != trainer.completedSteps { try saveState(withPage: false) }
    try run.product.save(in: directory, summary, to: .finished)
    summary.hash = try FileHash.sha256(ofFile: run.product.weightsFile(in: directory))
    summary.elapsed = began.elapsed + (ContinuousClock.now - began.at).seconds
    let state = trainer.isComplete ? "finished" : "interrupted"
    try writeRun(state)
    try watch.refresh(runJSON(state))
    // What is finished needs no state to fall back on.
    if trainer.isComplete { try directory.states.prune(keeping: 1, upTo: trainer.stepCount) }
    if let profile = trainer.profile { TrainingReport.printProfile(profile) }
    var result = summary.json
    result["state"] = JSON(state)
    result["run"] = JSON(directory.path)
    result["report"] = JSON("\(directory.path)/report.html")
    result["forecast"] = forecastJSON
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
        if !isSaved { try saveState() }
        Log.info("saved \(directory.checkpoints.path(of: step))")
      } catch {
        Log.warning("what was trained before could not be saved: \(error)")
      }
    }
    try? writeRun("failed")
    try? watch.refresh(runJSON("failed"))
    if savedStep > 0 {
      Log.info("the newest saved state is that of step \(Quantity.count(savedStep))")
    }
  }

  private func writeRun(_ state: String) throws { try directory.writeRun(runJSON(state)) }

  /// What was foretold; what came is known once the run is complete.
  private var forecastJSON: JSON? {
    forecast?.json(
      actualSeconds: trainer.isComplete ? summary.elapsed : nil,
      actualPeak: trainer.isComplete ? ProcessMemory.peakBytes : nil)
  }

  private func runJSON(_ state: String) -> JSONObject {
    var json = JSONObject()
    json["graft"] = JSON(Graft.configuration.version)
    json["state"] = JSON(state)
    json["command"] = JSON(CommandLine.arguments)
    for (key, value) in run.facts { json[key] = value }
    json["threads"] = JSON(ThreadPool.shared.threadCount)
    json["kernels"] = JSON(KernelSelection.name)
    json["blas"] = JSON(blasCoreName)
    json["keep"] = JSON(run.saving.keep)
    json["on_spike"] = JSON(run.saving.onSpike.rawValue)
    json["identity"] = JSON(identity)
    json["saved_step"] = JSON(savedStep)
    for (key, value) in history.json { json[key] = value }
    json["forecast"] = forecastJSON
    json["summary"] = JSON(summary.json)
    return json
  }
}
