import Foundation
import SafeIO

/// What a run directory holds: its description, its metrics and its adapter.
struct RunReport {
  let options: InspectionOptions

  func report(_ path: String) throws -> Report {
    var report = Report()
    var summary = Report()
    summary.say("path", path, "path", JSON(path))
    summary.set("kind", "run")
    if FileManager.default.fileExists(atPath: "\(path)/run.json") {
      let json = try Self.json("\(path)/run.json")
      summary.set("run", json)
      Self.say(json, in: &summary)
    } else {
      summary.warn("run.json is missing")
    }
    report.join("Run", summary)
    if FileManager.default.fileExists(atPath: "\(path)/metrics.jsonl") {
      report.add("metrics", "Metrics", try metrics("\(path)/metrics.jsonl"))
    }
    let adapter = "\(path)/adapter"
    if FileManager.default.fileExists(atPath: "\(adapter)/adapter_config.json") {
      let part = try AdapterReport(options: options).report(adapter)
      report.add("adapter", "", part)
    } else {
      report.set("adapter", .null)
    }
    let model = "\(path)/model"
    if FileManager.default.fileExists(atPath: "\(model)/config.json") {
      var part = Report()
      part.say("path", model, "path", JSON(model))
      report.add("model", "Model", part)
    }
    report.join("Files", try FileList(path, hashing: false).report)
    return report
  }

  /// One line a member; those of an object are listed behind its name.
  private static func say(_ json: JSON, in report: inout Report) {
    // The settings say most of what the identity says.
    for (key, value) in json.object ?? JSONObject()
    where key != "identity" && key != "effective" {
      let text = text(value)
      if !text.isEmpty { report.say(key.replacing("_", with: " "), String(text.prefix(1000))) }
    }
  }

  private static func text(_ value: JSON) -> String {
    switch value.kind {
    case .null: return ""
    case .string(let text): return text
    case .array(let items):
      if items.count > 32 { return "\(Quantity.count(items.count)) items" }
      return items.map { $0.string ?? $0.serialized() }.joined(separator: " ")
    case .object(let object):
      let members = object.filter { !$0.value.isNull }.map { key, value in
        "\(key) \(value.object == nil ? text(value) : value.serialized())"
      }
      return members.joined(separator: ", ")
    default: return value.serialized()
    }
  }

  private func metrics(_ path: String) throws -> Report {
    var report = Report()
    var (count, badLine): (Int, Int?) = (0, nil)
    var (first, last, best): (JSON?, JSON?, JSON?) = (nil, nil, nil)
    try JSONLines.forEach(path: path) { line, bytes in
      guard let entry = try? JSON(parsing: bytes), entry.object != nil else {
        badLine = badLine ?? line
        return
      }
      guard let loss = entry["loss"]?.double else { return }
      count += 1
      if first == nil { first = entry }
      last = entry
      if loss < best?["loss"]?.double ?? .infinity { best = entry }
    }
    report.say("steps", Quantity.count(count), "steps", JSON(count))
    for case (let label, let entry?) in [("first", first), ("last", last), ("lowest", best)] {
      let loss = Quantity.fixed(entry["loss"]?.double ?? .nan, digits: 4)
      let step = entry["step"]?.int.map { ", step \(Quantity.count($0))" } ?? ""
      report.say("\(label) loss", loss + step, label, entry)
    }
    if let badLine { report.warn("line \(badLine) of metrics.jsonl is not a JSON object") }
    return report
  }

  private static func json(_ path: String) throws -> JSON {
    do {
      return try JSON(parsingFile: path, limits: .init(bytes: 16 << 20))
    } catch let error as JSONError {
      throw InspectionError.runDescription(
        path: path, line: error.position.line, column: error.position.column,
        reason: error.explanation)
    }
  }
}
