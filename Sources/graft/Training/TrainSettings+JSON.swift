import Adapters
import Datasets
import Models
import SafeIO
import Training

extension TrainSettings {
  /// Every effective setting, by its key.
  func json(_ plan: TrainingPlan) -> JSONObject {
    var object = JSONObject()
    object["method"] = JSON(method.rawValue)
    object["epochs"] = JSON(epochs ?? 1)
    object["steps"] = plan.steps.map { JSON($0) } ?? JSON.null
    object["budget"] = watching.budget.map { JSON($0.seconds) } ?? JSON.null
    object["batch-size"] = JSON(batchSize)
    object["accumulate"] = JSON(accumulate)
    object["learning-rate"] = JSON(peakLearningRate)
    object["schedule"] = JSON(schedule.rawValue)
    object["warmup"] = JSON(plan.configuration.warmup)
    object["warmup-ratio"] = watching.warmupRatio.map { JSON($0) } ?? JSON.null
    object["weight-decay"] = JSON(weightDecay)
    object["clip"] = clip.value.map { JSON($0) } ?? JSON.null
    object["max-length"] = JSON(plan.maxLength)
    object["overlong"] = JSON(overlong.rawValue)
    for (key, value) in adapter.json(plan.adapter) { object[key] = value }
    object["neftune-alpha"] = adapter.neftuneAlpha.map { JSON($0) } ?? JSON.null
    object["save"] = JSON(save.rawValue)
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
    objective.add(to: &object)
    batching.add(to: &object)
    object["sample-prompt"] = JSON(watching.samplePrompt)
    object["sample-tokens"] = JSON(watching.sampleTokens)
    object["tensorboard"] = JSON(!watching.noTensorboard)
    object["split-seed"] = JSON(String(split.splitSeed))
    return object
  }
}
