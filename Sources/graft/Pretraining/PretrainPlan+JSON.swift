import Datasets
import ModelFiles
import Models
import SafeIO
import Training

extension PretrainPlan {
  /// Every effective setting, by its key.
  var json: JSONObject {
    let shape = bundle.configuration
    var object = JSONObject()
    object["hidden-size"] = JSON(shape.hiddenSize)
    object["intermediate-size"] = JSON(shape.intermediateSize)
    object["layers"] = JSON(shape.layerCount)
    object["heads"] = JSON(shape.headCount)
    object["kv-heads"] = JSON(shape.keyValueHeadCount)
    object["vocab-size"] = JSON(shape.vocabularySize)
    object["context"] = JSON(settings.context)
    object["epochs"] = configuration.steps == nil ? JSON(configuration.epochs) : JSON.null
    object["steps"] = JSON(configuration.stepCount(rows: windows.rowCount))
    object["batch-tokens"] = JSON(configuration.batchSize * settings.context)
    object["accumulate"] = JSON(configuration.accumulate)
    object["optimizer"] = JSON(configuration.optimizer.rawValue)
    object["learning-rate"] = JSON(configuration.learningRate)
    object["schedule"] = JSON(configuration.schedule.rawValue)
    object["warmup"] = JSON(configuration.warmup)
    object["weight-decay"] = JSON(configuration.weightDecay)
    object["beta2"] = JSON(configuration.beta2)
    object["clip"] = configuration.clip.map { JSON($0) } ?? JSON.null
    object["valid-share"] = JSON(settings.validShare)
    object["eval-every"] = configuration.evalEvery.map { JSON($0) } ?? JSON.null
    object["eval-tokens"] = JSON(settings.evalTokens.count)
    object["save"] = JSON(settings.save.rawValue)
    object["seed"] = JSON(String(settings.seed))
    return object
  }
}
