package import Adapters
import Foundation
package import Models
package import SafeIO

/// The files of a run, which one process at a time may write.
///
/// `run.json` and `metrics.jsonl` say what happened; `adapter/` or `model/` is the result; `best/` is the one
/// with the lowest validation loss, `checkpoints/step-N/` those of single steps; `state/step-N/` is what the
/// run can go on from. A copy of the directory goes on elsewhere: nothing in it names a place outside.
package final class RunDirectory {
  /// What is written whole: the finished adapter or model, that of a step, or the best one so far.
  package enum Place: Sendable, Equatable {
    case finished, best
    case step(Int)
  }

  /// What a run writes, `run.json` last: while it stands, a directory is known for a run's.
  static let entries = [
    "adapter", "model", "best", "checkpoints", "state", "metrics.jsonl", "samples.jsonl",
    "tensorboard", "report.html", "curves.svg", "curves.png", "run.json",
  ]

  /// The tokens of a text, which are made before a run begins, and outlive it.
  static let tokens = "tokens"

  package let path: String
  /// `run.json` as the last process left it; nil in a new directory.
  package let found: JSONObject?
  package let states: StepDirectories
  package let checkpoints: StepDirectories
  private let lock: DirectoryLock
  private var metrics: AppendedFile?

  /// Opens the directory of a new run, or of one that is there, and locks it.
  ///
  /// What a killed process left unfinished is removed.
  ///
  /// - Parameters:
  ///   - path: Made if there is nothing.
  ///   - restarts: Removes everything that a run wrote there.
  /// - Throws: `TrainingError.occupied` when there is something else in it, `TrainingError.locked`;
  ///   `IOFailure`.
  package init(opening path: String, restarts: Bool = false) throws {
    try Self.requireUsable(path, restarts: restarts)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw IOFailure.system("create", path)
    }
    guard let lock = try DirectoryLock(path: path) else {
      throw TrainingError.locked(path: path, process: DirectoryLock.holder(path: path))
    }
    (self.path, self.lock) = (path, lock)
    states = StepDirectories(path: "\(path)/state")
    checkpoints = StepDirectories(path: "\(path)/checkpoints")
    try Leftovers.clear(in: path) { Self.entries.contains($0) }
    try Leftovers.clear(in: states.path)
    try Leftovers.clear(in: checkpoints.path)
    try Leftovers.clear(in: "\(path)/\(Self.tokens)")
    if restarts { for entry in Self.entries { try Leftovers.discard("\(path)/\(entry)") } }
    found = Self.description(path)
  }

  /// Where the finished adapter is.
  package var adapterPath: String { "\(path)/adapter" }

  /// Where the finished model of a full fine-tuning is.
  package var modelPath: String { "\(path)/model" }

  /// Where the adapter or model with the lowest validation loss is.
  package var bestPath: String { "\(path)/best" }

  private var metricsPath: String { "\(path)/metrics.jsonl" }

  /// What became of `metrics.jsonl` when a run was taken up again.
  package struct MetricsCut: Sendable, Equatable {
    /// Lines of later steps that were cut off, and will be written again.
    package var cut = 0
    /// Steps before whose lines are not there.
    package var missing = 0

    package init(cut: Int = 0, missing: Int = 0) { (self.cut, self.missing) = (cut, missing) }
  }

  /// Makes `metrics.jsonl` end with the line of `step`, so that the next ones follow it.
  @discardableResult
  package func startMetrics(after step: Int) throws -> MetricsCut {
    var (kept, result, last) = (0, MetricsCut(), 0)
    if FileManager.default.fileExists(atPath: metricsPath) {
      let bytes = try InputFile.contents(of: metricsPath, maxBytes: 1 << 32)
      var rest = bytes[...]
      while let end = rest.firstIndex(of: 0x0A) {
        let line = try? JSON(parsing: Array(rest[..<end]))
        rest = rest[(end + 1)...]
        result.cut += 1
        if let found = line?["step"]?.int, found <= step {
          (kept, result.cut, last) = (rest.startIndex, 0, found)
        }
      }
    }
    result.missing = max(step - last, 0)
    metrics = try AppendedFile(path: metricsPath, cutTo: kept)
    return result
  }

  /// Appends a step to `metrics.jsonl`.
  package func append(_ record: StepRecord) throws {
    if metrics == nil { try startMetrics(after: record.step - 1) }
    try metrics?.append(JSON(record.json).serialized())
  }

  /// Makes the lines of `metrics.jsonl` durable, as they must be before a state that follows them is.
  package func flushMetrics() throws { try metrics?.flush() }

  /// Writes `run.json`, whole.
  package func writeRun(_ run: JSONObject) throws {
    try AtomicFile.write(
      Array((JSON(run).serialized(pretty: true) + "\n").utf8), to: "\(path)/run.json")
  }

  /// Writes an adapter directory, whole.
  package func save(
    _ adapter: LoRAAdapter, manifest: AdapterManifest, baseModelName: String,
    card: ModelCard? = nil, to place: Place
  ) throws {
    try adapter.save(
      to: try path(of: place, finished: adapterPath), baseModelName: baseModelName,
      manifest: manifest, card: card)
  }

  /// Writes a model directory, whole.
  package func save(_ model: ModelBundle, precision: Precision, to place: Place) throws {
    try model.save(to: try path(of: place, finished: modelPath), precision: precision)
  }

  private func path(of place: Place, finished: String) throws -> String {
    switch place {
    case .finished: finished
    case .best: bestPath
    case .step(let step): try checkpoints.newPath(of: step)
    }
  }
}
