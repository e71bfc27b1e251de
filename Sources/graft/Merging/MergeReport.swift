import Adapters
import ModelFiles
import Models
import SafeIO

/// What was merged, and how far the merged model is from the unmerged one.
struct MergeReport {
  let base: String
  let adapter: String
  let method: PEFTConfiguration
  let fingerprint: ModelFingerprint
  let adapterHash: String
  let save: Precision
  let samples: MergeSamples
  let difference: LogitComparison
  let command: String

  /// `graft.json` of the merged directory, and with `output` what `--json` prints.
  var json: JSONObject {
    var object = JSONObject()
    object["format"] = 1
    object["kind"] = "merged"
    object["base"] = JSON(base)
    object["base_weights_sha256"] = JSON(fingerprint.weights)
    object["adapter"] = JSON(adapter)
    object["adapter_sha256"] = JSON(adapterHash)
    object["method"] = JSON(method.methodName)
    object["save"] = JSON(save.rawValue)
    object["compared"] = [
      "on": JSON(samples.source), "documents": JSON(samples.documents.count),
      "positions": JSON(difference.positions),
      "largest_logit_difference": JSON(difference.largestDifference),
      "largest_logit": JSON(difference.largestLogit),
      "top1_agreement": JSON(difference.agreement),
    ]
    object["command"] = JSON(command)
    return object
  }

  private var measured: String {
    "logits differ by at most \(Self.short(difference.largestDifference)) (the largest is "
      + "\(Self.short(difference.largestLogit))), the first token is the same at "
      + "\(difference.agreeing) of \(difference.positions) positions"
  }

  private static func short(_ value: Double) -> String { AdapterReport.number(value) }

  func text(_ output: String) -> String {
    """
    merged   \(method.methodName) of \(adapter.escapedForMessage(limit: 1000)) into \
    \(base.escapedForMessage(limit: 1000)), \(save.rawValue)
    compared \(measured), on \(samples.source.escapedForMessage(limit: 1000))
    model    \(output.escapedForMessage(limit: 1000))
    """
  }

  /// Writes `README.md` and `graft.json`.
  func write(to directory: String) throws {
    let file = "\(directory)/\(AdapterManifest.fileName)"
    try AtomicFile.write(Array((JSON(json).serialized(pretty: true) + "\n").utf8), to: file)
    let card = ModelCard(
      baseModel: base, libraryName: "transformers", relation: "merge", tags: ["lora", "merged"],
      title: "An adapter merged into its base",
      sections: [
        .init(
          "What it is",
          """
          \(method.methodName) merged into the base's weights, stored in \(save.rawValue): it computes what \
          base and adapter did together. Merged against unmerged, on \(samples.source.escapedForMessage()): \
          \(measured).
          """),
        .init(
          "From what",
          table: [
            ("base", base), ("base weights, SHA-256", fingerprint.weights), ("adapter", adapter),
            ("adapter, SHA-256", adapterHash),
          ]), .init("Made by", code: command),
      ])
    try card.write(to: directory)
  }
}
