package import SafeIO

/// What a preference loss says of the pairs of a step, under the names that TRL gives it.
public struct PreferenceRecord: Sendable, Equatable {
  /// The mean reward of the chosen answers.
  ///
  /// DPO: β times the log-ratio of the model to its reference. ORPO: β times the mean log-probability of a token.
  public var chosenReward: Double
  /// The mean reward of the rejected answers.
  public var rejectedReward: Double
  /// The share of pairs whose chosen answer has the higher reward.
  public var accuracy: Double
  /// The mean log-probability of a chosen answer: of the whole answer for DPO, of a token for ORPO.
  public var chosenLogProbability: Double
  /// The same of the rejected answers.
  public var rejectedLogProbability: Double
  /// The cross-entropy of the chosen texts, nats per token; ORPO only.
  public var crossEntropy: Double?

  /// The mean difference of the rewards.
  public var margin: Double { chosenReward - rejectedReward }

  /// The members of `metrics.jsonl`, each after `prefix`.
  package func members(prefix: String = "") -> [(key: String, value: JSON)] {
    var result: [(key: String, value: JSON)] = [
      ("rewards/chosen", JSON(chosenReward)), ("rewards/rejected", JSON(rejectedReward)),
      ("rewards/margins", JSON(margin)), ("rewards/accuracies", JSON(accuracy)),
      ("logps/chosen", JSON(chosenLogProbability)),
      ("logps/rejected", JSON(rejectedLogProbability)),
    ]
    if let crossEntropy { result.append(("nll_loss", JSON(crossEntropy))) }
    return result.map { (prefix + $0.key, $0.value) }
  }

  /// The record that `members` wrote; nil if that is not there.
  package init?(json: JSON, prefix: String = "") {
    func number(_ key: String) -> Double? { json[prefix + key]?.double }
    guard let chosen = number("rewards/chosen"), let rejected = number("rewards/rejected"),
      let accuracy = number("rewards/accuracies"), let chosenLog = number("logps/chosen"),
      let rejectedLog = number("logps/rejected")
    else { return nil }
    self.init(
      chosenReward: chosen, rejectedReward: rejected, accuracy: accuracy,
      chosenLogProbability: chosenLog, rejectedLogProbability: rejectedLog,
      crossEntropy: number("nll_loss"))
  }

  init(
    chosenReward: Double, rejectedReward: Double, accuracy: Double, chosenLogProbability: Double,
    rejectedLogProbability: Double, crossEntropy: Double?
  ) {
    (self.chosenReward, self.rejectedReward) = (chosenReward, rejectedReward)
    (self.accuracy, self.crossEntropy) = (accuracy, crossEntropy)
    self.chosenLogProbability = chosenLogProbability
    self.rejectedLogProbability = rejectedLogProbability
  }
}

/// Sums over pairs that a `PreferenceRecord` is the mean of.
struct PreferenceTally {
  private var pairs = 0
  private var chosen = 0.0
  private var rejected = 0.0
  private var better = 0
  private var chosenLog = 0.0
  private var rejectedLog = 0.0
  private var crossEntropy = 0.0
  private var crossEntropyCount = 0
  /// The summed loss of the pairs alone.
  private var pairLoss = 0.0

  mutating func add(
    _ outcome: PreferenceLoss.Outcome, _ scores: PreferenceLoss.Scores, kind: TrainingLoss
  ) {
    pairs += 1
    pairLoss += outcome.loss
    chosen += outcome.chosenReward
    rejected += outcome.rejectedReward
    better += outcome.chosenReward > outcome.rejectedReward ? 1 : 0
    let isMean = kind == .orpo
    chosenLog += scores.chosen / (isMean ? Double(scores.chosenCount) : 1)
    rejectedLog += scores.rejected / (isMean ? Double(scores.rejectedCount) : 1)
  }

  /// Adds cross-entropy of chosen texts.
  mutating func addCrossEntropy(_ nats: Double, count: Int) {
    crossEntropy += nats
    crossEntropyCount += count
  }

  /// The loss that is minimised: the mean over the pairs, and with ORPO the cross-entropy of a token.
  var loss: Double { pairLoss / Double(max(pairs, 1)) + (meanCrossEntropy ?? 0) }

  private var meanCrossEntropy: Double? {
    crossEntropyCount > 0 ? crossEntropy / Double(crossEntropyCount) : nil
  }

  var record: PreferenceRecord {
    let count = Double(max(pairs, 1))
    return PreferenceRecord(
      chosenReward: chosen / count, rejectedReward: rejected / count,
      accuracy: Double(better) / count, chosenLogProbability: chosenLog / count,
      rejectedLogProbability: rejectedLog / count, crossEntropy: meanCrossEntropy)
  }
}
