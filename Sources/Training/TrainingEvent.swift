/// What a training run reports while it runs.
public enum TrainingEvent: Sendable, Equatable {
  /// One optimizer step was taken.
  case step(StepRecord)
  /// What is trained is to be saved: the step is a multiple of `saveEvery`.
  case checkpoint(step: Int)
  /// The loss of the step that is being taken is far above those before it.
  case spike(LossSpike)
  /// A validation is under way: rows done of rows in all.
  case validating(completed: Int, total: Int)
}

/// One optimizer step.
public struct StepRecord: Sendable, Equatable {
  /// 1 for the first.
  public var step: Int
  /// Passes over the data after this step.
  public var epoch: Double
  /// What is minimised, before the update: the mean cross-entropy of the step's supervised tokens, nats, or the
  /// mean preference loss of its pairs.
  public var loss: Double
  /// The learning rate that the update used.
  public var learningRate: Double
  /// The norm of all gradients together, before clipping.
  public var gradientNorm: Double
  /// Supervised tokens.
  public var tokens: Int
  /// All tokens of the step's rows.
  public var totalTokens: Int
  /// Wall-clock time of the step, without validation and saving.
  public var seconds: Double
  /// The same on the validation rows after the update, where it was measured.
  public var validationLoss: Double?
  /// What a preference loss says of the step's pairs.
  public var preference: PreferenceRecord?
  /// The same of the validation pairs.
  public var validationPreference: PreferenceRecord?

  package init(
    step: Int, epoch: Double, loss: Double, learningRate: Double, gradientNorm: Double,
    tokens: Int, totalTokens: Int, seconds: Double, validationLoss: Double? = nil,
    preference: PreferenceRecord? = nil, validationPreference: PreferenceRecord? = nil
  ) {
    (self.step, self.epoch, self.loss) = (step, epoch, loss)
    (self.learningRate, self.gradientNorm) = (learningRate, gradientNorm)
    (self.tokens, self.totalTokens, self.seconds) = (tokens, totalTokens, seconds)
    self.validationLoss = validationLoss
    (self.preference, self.validationPreference) = (preference, validationPreference)
  }
}
