import Adapters
import Datasets
import ModelFiles
import SafeIO
import Training

extension TrainingPlan {
  /// Settings that change how a run is carried out, and no bit of what it comes to; the rows and the weights
  /// that it begins with are known by their hashes.
  private static let free: Set = [
    "memory", "recompute", "save-every", "init-adapter", "prefix-cache",
    "sample-prompt", "sample-tokens", "tensorboard",
  ]

  /// What decides the result of the run.
  func identity(_ fingerprint: ModelFingerprint) -> JSONObject {
    var identity = JSONObject()
    identity["model-weights"] = JSON(fingerprint.weights)
    identity["tokenizer"] = fingerprint.tokenizer.map { JSON($0) } ?? .null
    identity["chat-template"] = fingerprint.chatTemplate.map { JSON($0) } ?? .null
    for (key, value) in settings.json(self) where !Self.free.contains(key) {
      identity[key] = value
    }
    if let hashes = adapter?.hashes { identity["first-adapter"] = JSON(hashes.weights) }
    identity["training-rows"] = JSON(ExampleHash.sha256(of: examples))
    identity["validation-rows"] = JSON(ExampleHash.sha256(of: validation))
    return identity
  }
}
