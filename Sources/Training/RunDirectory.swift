package import Adapters
import Foundation
package import Models
package import SafeIO

/// The files of a run: `run.json`, `metrics.jsonl`, `adapter/` and saved adapters by step.
package final class RunDirectory {
  package let path: String
  private let metrics: FileHandle

  /// Makes the directory.
  ///
  /// - Throws: `TrainingError.occupied` when there is something in it; `IOFailure`.
  package init(creating path: String) throws {
    try Self.requireFree(path)
    self.path = path
    let metricsPath = "\(path)/metrics.jsonl"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw IOFailure.system("create", path)
    }
    guard FileManager.default.createFile(atPath: metricsPath, contents: nil),
      let handle = FileHandle(forWritingAtPath: metricsPath)
    else { throw IOFailure.system("create", metricsPath) }
    metrics = handle
  }

  /// Throws unless a run could be written to `path`; changes nothing.
  package static func requireFree(_ path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
    guard isDirectory.boolValue else { throw TrainingError.occupied(path: path) }
    let entries = try FileManager.default.contentsOfDirectory(atPath: path)
    // The tokens of a text are made before the run begins.
    if entries.contains(where: { $0 != "tokens" }) { throw TrainingError.occupied(path: path) }
  }

  /// Where the finished adapter is.
  package var adapterPath: String { "\(path)/adapter" }

  /// Where the finished model of a full fine-tuning is.
  package var modelPath: String { "\(path)/model" }

  /// Appends a step to `metrics.jsonl`.
  package func append(_ record: StepRecord) throws {
    let line = JSON(record.json).serialized() + "\n"
    do {
      try metrics.write(contentsOf: Data(line.utf8))
    } catch {
      throw IOFailure.system("write", "\(path)/metrics.jsonl")
    }
  }

  /// Writes `run.json`, whole.
  package func writeRun(_ run: JSONObject) throws {
    try AtomicFile.write(
      Array((JSON(run).serialized(pretty: true) + "\n").utf8), to: "\(path)/run.json")
  }

  /// Writes an adapter directory, whole: the finished one, or that of a step.
  package func save(
    _ adapter: LoRAAdapter, manifest: AdapterManifest, baseModelName: String, step: Int? = nil
  ) throws {
    try adapter.save(
      to: step.map(checkpointPath) ?? adapterPath, baseModelName: baseModelName,
      manifest: manifest)
  }

  /// Writes a model directory, whole: the finished one, or that of a step.
  package func save(_ model: ModelBundle, precision: Precision, step: Int? = nil) throws {
    try model.save(to: step.map(checkpointPath) ?? modelPath, precision: precision)
  }

  private func checkpointPath(_ step: Int) throws -> String {
    let folder = "\(path)/checkpoints"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return "\(folder)/step-\(step)"
  }
}

extension StepRecord {
  /// The step as it stands in `metrics.jsonl`.
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
    if let validationLoss { object["valid_loss"] = JSON(validationLoss) }
    return object
  }
}
