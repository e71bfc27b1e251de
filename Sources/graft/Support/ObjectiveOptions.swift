public import ArgumentParser
import Datasets
import SafeIO
public import Training

/// What a run minimises.
struct ObjectiveOptions: ParsableArguments {
  /// The form of DPO's loss, under TRL's name.
  enum LossType: String, CaseIterable, ExpressibleByArgument { case sigmoid }

  @Option(
    help: """
      What is learnt: sft (the answers), or from rows with prompt, chosen and rejected: dpo (against the \
      base without the adapter) or orpo (without a reference).
      """)
  var loss = TrainingLoss.sft

  @Option(
    help: """
      dpo: how closely the model is kept to its reference; orpo: the weight of the odds ratio. \
      (default: 0.1)
      """)
  var beta: Double?

  @Option(
    help: "dpo: the probability that a row has its answers the wrong way round. (default: 0)")
  var labelSmoothing: Double?

  @Option(help: "dpo: the form of the loss; sigmoid is the paper's. (default: sigmoid)")
  var lossType: LossType?

  func validate() throws {
    try FlagRule.check("beta", beta, "above 0, at most 1000") { $0 > 0 && $0 <= 1000 }
    try FlagRule.check("label-smoothing", labelSmoothing, "from 0, below 0.5") {
      $0 >= 0 && $0 < 0.5
    }
    if loss == .sft, beta != nil {
      throw ValidationError("--beta is for --loss dpo and orpo.")
    }
    for (flag, isGiven) in [
      ("--label-smoothing", labelSmoothing != nil), ("--loss-type", lossType != nil),
    ] where isGiven && loss != .dpo {
      throw ValidationError("\(flag) is for --loss dpo.")
    }
  }

  /// The rows that the loss learns from.
  var purpose: RowPurpose { loss == .sft ? .answers : .pairs }

  func apply(to configuration: inout TrainingConfiguration) {
    configuration.loss = loss
    configuration.beta = beta ?? configuration.beta
    configuration.labelSmoothing = labelSmoothing ?? 0
  }

  /// Adds the effective settings, by their keys.
  func add(to object: inout JSONObject) {
    object["loss"] = JSON(loss.rawValue)
    guard loss != .sft else { return }
    object["beta"] = JSON(beta ?? TrainingConfiguration().beta)
    guard loss == .dpo else { return }
    object["label-smoothing"] = JSON(labelSmoothing ?? 0)
    object["loss-type"] = JSON((lossType ?? .sigmoid).rawValue)
  }
}

extension TrainingLoss: ExpressibleByArgument {}
