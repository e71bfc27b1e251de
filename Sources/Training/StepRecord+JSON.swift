package import SafeIO

extension StepRecord {
  /// The step as it stands in `metrics.jsonl`.
  ///
  /// All but `seconds` and `tokens_per_second` is the same in every run of the same settings.
  package var json: JSONObject {
    var object = JSONObject()
    object["step"] = JSON(step)
    object["epoch"] = JSON(epoch)
    object["loss"] = JSON(loss)
    object["learning_rate"] = JSON(learningRate)
    object["gradient_norm"] = JSON(gradientNorm)
    object["tokens"] = JSON(tokens)
    object["total_tokens"] = JSON(totalTokens)
    object["seconds"] = JSON(seconds)
    object["tokens_per_second"] = JSON(Double(tokens) / max(seconds, 1e-9))
    for (key, value) in preference?.members() ?? [] { object[key] = value }
    if let validationLoss { object["valid_loss"] = JSON(validationLoss) }
    for (key, value) in validationPreference?.members(prefix: "valid_") ?? [] {
      object[key] = value
    }
    return object
  }

  /// The step that `json` describes; nil if that is not one.
  package init?(json: JSON) {
    guard let step = json["step"]?.int, let epoch = json["epoch"]?.double,
      let loss = json["loss"]?.double, let learningRate = json["learning_rate"]?.double,
      let gradientNorm = json["gradient_norm"]?.double, let tokens = json["tokens"]?.int,
      let totalTokens = json["total_tokens"]?.int, let seconds = json["seconds"]?.double
    else { return nil }
    self.init(
      step: step, epoch: epoch, loss: loss, learningRate: learningRate,
      gradientNorm: gradientNorm, tokens: tokens, totalTokens: totalTokens, seconds: seconds,
      validationLoss: json["valid_loss"]?.double, preference: PreferenceRecord(json: json),
      validationPreference: PreferenceRecord(json: json, prefix: "valid_"))
  }
}
