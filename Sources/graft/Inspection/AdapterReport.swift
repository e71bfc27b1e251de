import Adapters
import Foundation
import ModelFiles
import SafeIO

/// What a PEFT directory holds, and what it does to each layer.
struct AdapterReport {
  private static let shownAtEachEnd = 4

  let options: InspectionOptions

  func report(_ path: String) throws -> Report {
    let directory = try PEFTDirectory(path: path)
    let norms = try UpdateNorms(directory)
    let list = TensorList(directory.tensors.tensors, listsAll: options.tensors)
    var report = Report()
    var summary = Report()
    summary.say("path", path, "path", JSON(path))
    summary.set("kind", "adapter")
    configuration(&summary, directory.configuration, norms)
    summary.say(
      "parameters", Quantity.count(list.parameterCount), "parameters", JSON(list.parameterCount))
    summary.say("modules", Quantity.count(norms.modules.count), "modules", modules(norms))
    summary.say("‖ΔW‖ in all", Self.number(norms.total), "norm", JSON(norms.total))
    try manifest(&summary, path)
    warnings(&summary, norms)
    report.join("Adapter", summary)
    var table = Report()
    table.show(byLayer(norms))
    report.join("‖ΔW‖ = ‖scale · B · A‖ by layer", table)
    report.join("Tensors", list.report)
    report.join("Files", try FileList(path, hashing: true).report)
    return report
  }

  private func configuration(
    _ report: inout Report, _ c: PEFTConfiguration, _ norms: UpdateNorms
  ) {
    report.say("method", c.methodName, "method", JSON(c.methodName))
    report.say(
      "base", c.baseModelName ?? "not named", "base_model",
      c.baseModelName.map { JSON($0) } ?? .null)
    let scales = Set(norms.modules.map(\.scale)).sorted()
    let scale = c.alpha / (c.usesRSLoRA ? Double(c.rank).squareRoot() : Double(c.rank))
    report.say(
      "rank",
      "\(c.rank), alpha \(Self.number(c.alpha)), scale "
        + (scales.isEmpty ? [scale] : scales).map(Self.number).joined(separator: ", ")
        + (c.dropout > 0 ? ", dropout \(c.dropout)" : ""))
    report.set("rank", JSON(c.rank))
    report.set("alpha", JSON(c.alpha))
    report.set("scale", JSON(scale))
    report.set("dropout", JSON(c.dropout))
    report.say(
      "targets", c.targets.texts.joined(separator: ", "), "targets", JSON(c.targets.texts))
    if let layers = c.layersToTransform {
      report.say("layers", layers.map(String.init).joined(separator: ", "))
    }
    for table in c.trainableTokens {
      report.say("tokens of \(table.module)", table.ids.map(String.init).joined(separator: ", "))
    }
    report.set("configuration", c.json())
  }

  private func modules(_ norms: UpdateNorms) -> JSON {
    JSON(
      norms.modules.map { module -> JSON in
        [
          "name": JSON(module.name), "rank": JSON(module.rank), "scale": JSON(module.scale),
          "norm": JSON(module.norm), "untrained": JSON(module.isUntrained),
        ]
      })
  }

  /// What `graft.json` says, where there is one.
  private func manifest(_ report: inout Report, _ path: String) throws {
    guard let manifest = try AdapterManifest(directory: path) else {
      report.set("graft", .null)
      report.say("trained on", "not known: there is no graft.json")
      return
    }
    report.say("base SHA-256", manifest.baseWeights)
    if let hash = manifest.tokenizer { report.say("its tokenizer", hash) }
    if let hash = manifest.chatTemplate { report.say("its template", hash) }
    report.set(
      "graft", try JSON(parsingFile: "\(path)/\(AdapterManifest.fileName)"))
  }

  private func warnings(_ report: inout Report, _ norms: UpdateNorms) {
    let untrained = norms.modules.filter(\.isUntrained)
    if untrained.isEmpty { return }
    let names = untrained.prefix(3).map { $0.name.escapedForMessage(limit: 80) }
    report.warn(
      "B is zero in \(untrained.count) of \(norms.modules.count) modules, so that the adapter "
        + "changes nothing there: " + names.joined(separator: ", ")
        + (untrained.count > names.count ? ", …" : ""))
  }

  private func byLayer(_ norms: UpdateNorms) -> TextTable {
    let projections = norms.projections
    var table = TextTable(["layer"] + projections.prefix(9).map { .number($0) })
    var layers: [Int?] = []
    var cells: [Int?: [String: Double]] = [:]
    for module in norms.modules {
      if cells[module.layer] == nil { layers.append(module.layer) }
      cells[module.layer, default: [:]][module.projection] = module.norm
    }
    layers.sort { ($0 ?? .max) < ($1 ?? .max) }
    func add(_ layer: Int?) {
      let row = projections.prefix(9).map { cells[layer]?[$0].map(Self.number) ?? "" }
      table.add([layer.map { "\($0)" } ?? "other"] + row)
    }
    let ends = Self.shownAtEachEnd
    guard !options.tensors, layers.count > 2 * ends + 1 else {
      layers.forEach(add)
      return table
    }
    layers.prefix(ends).forEach(add)
    table.add(["…"])
    layers.suffix(ends).forEach(add)
    return table
  }

  /// Four significant digits.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e6
      ? String(Int(value)) : String(format: "%.4g", value)
  }
}
