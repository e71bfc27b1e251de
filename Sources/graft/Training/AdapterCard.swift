import Adapters
import Datasets
import ModelFiles
import Models
import SafeIO

/// What the card of a trained adapter says: base, data, receipt, what came out, and the command.
///
/// Nothing of it depends on when or how fast the run was: a run that was broken off writes the same card.
struct AdapterCard {
  let modelPath: String
  let fingerprint: ModelFingerprint
  let data: String
  let dataHash: String
  let account: DataAccount
  let validationRows: Int
  let command: String

  init(_ plan: TrainingPlan, _ fingerprint: ModelFingerprint, data: String) {
    modelPath = plan.bundle.origin.path
    self.fingerprint = fingerprint
    self.data = data
    dataHash = ExampleHash.sha256(of: plan.examples)
    account = plan.account
    validationRows = plan.validationRowCount
    let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--restart" }
    command = ShellCommand.text(["graft"] + arguments)
  }

  /// The card after so many steps.
  func card(_ adapter: LoRAAdapter, _ summary: TrainingSummary) -> ModelCard {
    let description = adapter.travellingDescription
    return ModelCard(
      baseModel: modelPath, libraryName: "peft", relation: "adapter",
      tags: ["graft", "lora"] + (description.usesDoRA ? ["dora"] : []),
      title: "\(description.methodName) adapter",
      sections: [
        .init("The adapter", table: shape(adapter, description)),
        .init("Its base", table: base), .init("What it learnt from", table: receipt),
        .init("What came out", table: outcome(summary)), .init("Made by", code: command),
        .init(
          "Use it",
          code: "graft generate --model MODEL --adapter ADAPTER --prompt '…'"),
      ])
  }

  private func shape(_ adapter: LoRAAdapter, _ c: PEFTConfiguration) -> [(String, String)] {
    var rows = [
      ("method", c.methodName), ("rank", "\(c.rank)"), ("alpha", AdapterReport.number(c.alpha)),
      ("targets", c.targets.texts.joined(separator: ", ")),
      ("adapted projections", Quantity.count(adapter.layers.count)),
      ("trained numbers", Quantity.count(adapter.parameterCount)),
    ]
    if let layers = c.layersToTransform {
      rows.append(("layers", layers.map(String.init).joined(separator: ", ")))
    }
    for setting in c.rankPattern {
      rows.append(("rank of \(setting.pattern.source)", "\(setting.value)"))
    }
    for setting in c.alphaPattern {
      rows.append(("alpha of \(setting.pattern.source)", AdapterReport.number(setting.value)))
    }
    for table in c.trainableTokens {
      rows.append(("tokens of \(table.module)", table.ids.map(String.init).joined(separator: ", ")))
    }
    return rows
  }

  private var base: [(String, String)] {
    var rows = [("model", modelPath), ("weights, SHA-256", fingerprint.weights)]
    if let hash = fingerprint.tokenizer { rows.append(("tokenizer, SHA-256", hash)) }
    if let hash = fingerprint.chatTemplate { rows.append(("chat template, SHA-256", hash)) }
    return rows
  }

  private var receipt: [(String, String)] {
    [
      ("data", data), ("tokens and labels, SHA-256", dataHash),
      ("rows used", "\(Quantity.count(account.examples)) of \(Quantity.count(account.rows))"),
      ("tokens in all", Quantity.count(account.totalTokens)),
      ("supervised", Quantity.count(account.supervisedTokens)),
      ("prompt", Quantity.count(account.promptTokens)),
      ("template", Quantity.count(account.templateTokens)),
      ("padding", Quantity.count(account.paddingTokens)),
      ("truncated", Quantity.count(account.truncatedTokens)),
      ("dropped", Quantity.count(account.droppedTokens)),
      ("a turn's end is learnt in", "\(Quantity.count(account.examplesThatStop)) rows"),
    ]
  }

  private func outcome(_ summary: TrainingSummary) -> [(String, String)] {
    func loss(_ value: Double?) -> String { value.map { Quantity.fixed($0, digits: 4) } ?? "–" }
    var rows = [
      ("steps", "\(Quantity.count(summary.completed)) of \(Quantity.count(summary.steps))"),
      ("loss of the first step", loss(summary.firstLoss)),
      ("loss over the last 20 steps", loss(summary.recentLoss)),
    ]
    if summary.validationLoss != nil {
      rows.append(
        ("validation loss, \(Quantity.count(validationRows)) rows", loss(summary.validationLoss)))
    }
    if let step = summary.bestStep {
      rows.append(
        ("lowest validation loss", "\(loss(summary.bestLoss)), step \(Quantity.count(step))"))
    }
    return rows
  }
}
