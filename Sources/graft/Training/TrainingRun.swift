import Adapters
import ArgumentParser
import Autodiff
import Datasets
import Foundation
import ModelFiles
import Models
import SafeIO
import TensorCore
import Training

/// Carries a plan out: the trainer's events become files and a progress line.
struct TrainingRun {
  let plan: TrainingPlan
  let fingerprint: ModelFingerprint
  let modelPath: String
  let dataPath: String
  let origins: JSONObject
  let isQuiet: Bool

  /// Trains, and writes everything under `output`.
  ///
  /// - Returns: What `run.json` says at the end.
  func execute(in output: String, profile: OperationProfile?) throws -> JSONObject {
    let trainer = try Trainer(
      model: plan.bundle.model, training: plan.trained, examples: plan.examples,
      validation: plan.validation, configuration: plan.configuration)
    trainer.profile = profile
    let directory = try RunDirectory(creating: output)
    Interruption.install()
    var summary = TrainingSummary(
      steps: trainer.stepCount, trainsAdapter: plan.adapter != nil)
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
          if let loss = record.validationLoss {
            line.note("step \(record.step): validation loss \(Quantity.fixed(loss, digits: 4))")
          }
        case .checkpoint(let step):
          try save(in: directory, summary, step: step)
          line.note("step \(step): saved \(output)/checkpoints/step-\(step)")
        case .validating(let completed, let total):
          line.update(trainer.completedSteps, detail: "validating \(completed)/\(total) rows")
        }
      }
      line.finish()
      try save(in: directory, summary, step: nil)
      summary.hash = try FileHash.sha256(ofFile: weightsFile(in: directory))
    } catch {
      line.finish()
      try directory.writeRun(runFile(summary, state: "failed"))
      throw error
    }
    let state = Interruption.isRequested ? "interrupted" : "finished"
    let run = runFile(summary, state: state)
    try directory.writeRun(run)
    if let profile { TrainingReport.printProfile(profile) }
    var result = summary.json
    result["state"] = JSON(state)
    result["run"] = JSON(output)
    if plan.adapter == nil {
      result["model"] = JSON(directory.modelPath)
    } else {
      result["adapter"] = JSON(directory.adapterPath)
    }
    return result
  }

  private func weightsFile(in directory: RunDirectory) -> String {
    plan.adapter == nil
      ? "\(directory.modelPath)/model.safetensors"
      : "\(directory.adapterPath)/adapter_model.safetensors"
  }

  private func save(in directory: RunDirectory, _ summary: TrainingSummary, step: Int?) throws {
    guard let adapter = plan.adapter else { return try directory.save(plan.bundle, step: step) }
    var notes = JSONObject()
    notes["steps"] = JSON(summary.completed)
    notes["data"] = JSON(dataPath)
    notes["account"] = plan.account.json
    notes["receipt"] = plan.receipt
    let manifest = AdapterManifest(
      baseWeights: fingerprint.weights, tokenizer: fingerprint.tokenizer,
      chatTemplate: fingerprint.chatTemplate, notes: notes)
    try directory.save(adapter, manifest: manifest, baseModelName: modelPath, step: step)
  }

  private func runFile(_ summary: TrainingSummary, state: String) -> JSONObject {
    var run = JSONObject()
    run["graft"] = JSON(Graft.configuration.version)
    run["state"] = JSON(state)
    run["command"] = JSON(CommandLine.arguments)
    run["model"] = JSON(modelPath)
    run["model_weights_sha256"] = JSON(fingerprint.weights)
    run["data"] = JSON(dataPath)
    run["settings"] = JSON(plan.settings.json(plan))
    run["origins"] = JSON(origins)
    run["account"] = plan.account.json
    run["receipt"] = plan.receipt
    run["threads"] = JSON(ThreadPool.shared.threadCount)
    run["kernels"] = JSON(KernelSelection.name)
    run["blas"] = JSON(blasCoreName)
    run["expected_peak_memory_bytes"] = JSON(plan.expectedPeak)
    run["summary"] = JSON(summary.json)
    return run
  }
}

extension TrainSettings {
  /// Every effective setting, by its key.
  fileprivate func json(_ plan: TrainingPlan) -> JSONObject {
    var object = JSONObject()
    object["method"] = JSON(method.rawValue)
    object["epochs"] = JSON(epochs)
    object["steps"] = steps.map { JSON($0) } ?? JSON.null
    object["batch-size"] = JSON(batchSize)
    object["accumulate"] = JSON(accumulate)
    object["learning-rate"] = JSON(peakLearningRate)
    object["schedule"] = JSON(schedule.rawValue)
    object["warmup"] = JSON(warmup)
    object["weight-decay"] = JSON(weightDecay)
    object["clip"] = clip.value.map { JSON($0) } ?? JSON.null
    object["max-length"] = JSON(plan.maxLength)
    object["overlong"] = JSON(overlong.rawValue)
    if let adapter = plan.adapter?.configuration {
      object["lora-rank"] = JSON(adapter.rank)
      object["lora-alpha"] = JSON(adapter.alpha)
      object["lora-dropout"] = JSON(adapter.dropout)
      object["lora-targets"] = JSON(adapter.targets)
    }
    object["precision"] = JSON(precision.rawValue)
    object["memory"] = memory.map { JSON($0.bytes) } ?? JSON.null
    object["tokens-per-pass"] = JSON(plan.fit.tokensPerPass)
    object["recompute"] = JSON(plan.fit.recomputes)
    object["init-adapter"] = initAdapter.map { JSON($0) } ?? JSON.null
    object["seed"] = JSON(String(seed))
    object["save-every"] = saveEvery.map { JSON($0) } ?? JSON.null
    object["eval-every"] = evalEvery.map { JSON($0) } ?? JSON.null
    object["eval-rows"] = JSON(evalRows)
    object["shuffle"] = JSON(!noShuffle)
    object["raw-completions"] = JSON(rawCompletions)
    object["valid-split"] = split.validSplit.map { JSON($0) } ?? JSON.null
    object["split-seed"] = JSON(String(split.splitSeed))
    return object
  }
}
