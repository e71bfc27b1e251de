import ModelFiles
import SafeIO

/// How a model computes, in a few lines.
struct ConfigurationReport {
  private let c: TransformerConfiguration

  init(_ configuration: TransformerConfiguration) { c = configuration }

  func say(in report: inout Report) {
    report.say("architecture", c.modelType, "configuration", c.json())
    report.say(
      "layers",
      "\(c.layerCount) of width \(Quantity.count(c.hiddenSize)), feed-forward "
        + Quantity.count(c.intermediateSize))
    report.say(
      "heads",
      "\(c.headCount) of \(c.headDimension), \(c.keyValueHeadCount) for keys and values"
        + (c.queryKeyNorm ? ", normalised" : "") + (c.attentionBias ? ", with biases" : ""))
    report.say(
      "vocabulary",
      "\(Quantity.count(c.vocabularySize)) rows, output table "
        + (c.tiesEmbeddings ? "shared with the input's" : "of its own"))
    report.say(
      "context",
      "\(Quantity.count(c.maxPositions)) positions"
        + (c.slidingWindow.map { ", each sees \(Quantity.count($0))" } ?? "")
        + ", rotary base \(plain(c.ropeTheta))"
        + (c.ropeScaling.map { ", llama3 scaling by \(plain($0.factor))" } ?? ""))
  }

  private func plain(_ value: Double) -> String {
    Int(exactly: value).map(Quantity.count) ?? "\(value)"
  }
}
