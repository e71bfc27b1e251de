import Foundation
import SafeIO
import Testing

/// A short training run of a tiny model that can be killed, signalled and taken up again.
struct InterruptibleRun {
  static let model = Fixture.model("llama-bpe-tied/model-q8_0.gguf")

  let scratch: ScratchDirectory
  /// The command and the flags that every process of the run has.
  let command: [String]
  var flags: [String]

  /// A run over twelve rows, with dropout, so that masks have to go on as well.
  init(steps: Int, _ flags: [String] = []) throws {
    scratch = try ScratchDirectory()
    let rows = (0..<12).map { number in
      """
      {"messages":[{"role":"user","content":"say \(number)"},\
      {"role":"assistant","content":"it is \(number)!"}]}
      """
    }
    let data = scratch.url("data")
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    for (name, some) in [("train", rows[...]), ("valid", rows.prefix(5))] {
      let text = some.joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: data.appendingPathComponent("\(name).jsonl"))
    }
    command = ["train", "--model", Self.model]
    self.flags =
      [
        "--steps", "\(steps)", "--batch-size", "4", "--learning-rate", "5e-3", "--data",
        data.path,
      ] + flags
  }

  /// A pre-training of a tiny model, with Muon and samples, whose text is tokenised first.
  init(pretrainingSteps steps: Int) throws {
    scratch = try ScratchDirectory()
    let rows = (0..<60).map { #"{"text": "The cat number \#($0) sat down, and was happy."}"# }
    let text = scratch.url("text.jsonl")
    try Data(rows.joined(separator: "\n").utf8).write(to: text)
    command = ["pretrain", text.path, "--tokenizer", Fixture.model("llama-bpe-tied")]
    flags = [
      "--hidden-size", "32", "--intermediate-size", "64", "--layers", "2", "--heads", "2",
      "--context", "32", "--batch-tokens", "128", "--valid-share", "0.1", "--tokens",
      "\(128 * steps)", "--eval-every", "5",
    ]
  }

  func path(_ run: String) -> String { scratch.url(run).path }

  func arguments(_ run: String, _ extra: [String]) -> [String] {
    command + ["--output", path(run), "--json"] + flags + extra
  }

  /// Runs a process to its end.
  func train(_ run: String, _ extra: [String] = []) throws -> CommandRunner.Outcome {
    try CommandRunner.run(arguments(run, extra))
  }

  /// Runs a process to its end, and expects that it finishes the run.
  func finish(
    _ run: String, _ extra: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSON {
    let outcome = try train(run, extra)
    #expect(
      outcome.exitCode == 0 && !outcome.wasKilled, "\(outcome.error)",
      sourceLocation: sourceLocation)
    let summary = try JSON(parsing: outcome.output)
    #expect(summary["state"]?.string == "finished", sourceLocation: sourceLocation)
    return summary
  }

  /// Starts a process and returns at once.
  func start(_ run: String, _ extra: [String] = []) throws -> Process {
    let process = Process()
    process.executableURL = CommandRunner.binary
    process.arguments = arguments(run, extra)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// The bytes of a run's metrics; a file that grows when a step is done.
  func metricsSize(_ run: String) -> Int {
    var status = stat()
    return stat("\(path(run))/metrics.jsonl", &status) == 0 ? Int(status.st_size) : 0
  }

  /// Starts a process and sends it `number` when it has added some bytes to the metrics.
  ///
  /// - Returns: The exit code; nil where the process ended before.
  func interrupt(
    _ run: String, _ extra: [String] = [], with number: Int32, after bytes: Int = 2000
  ) throws -> Int32? {
    let process = try start(run, extra)
    let before = metricsSize(run)
    while process.isRunning, metricsSize(run) < before + bytes { usleep(1000) }
    guard process.isRunning else { return nil }
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -number
  }

  /// What is the same in all runs of the same settings: the hashes of everything but wall-clock times.
  func result(_ run: String) throws -> [String: String] {
    var result: [String: String] = [:]
    let files =
      FileManager.default.enumerator(atPath: path(run))?.compactMap { $0 as? String } ?? []
    for file in files
    where file.hasSuffix(".safetensors") && !file.contains("checkpoints")
      || file == "adapter/graft.json"
    {
      result[file] = try FileHash.sha256(ofFile: "\(path(run))/\(file)")
    }
    var metrics = ""
    try JSONLines.forEach(path: "\(path(run))/metrics.jsonl") { _, line in
      var record = try JSON(parsing: line).object ?? JSONObject()
      record["seconds"] = nil
      record["tokens_per_second"] = nil
      metrics += JSON(record).serialized() + "\n"
    }
    result["metrics.jsonl"] = metrics
    // What was counted over all processes of the run.
    let summary = try JSON(parsingFile: "\(path(run))/run.json")["summary"]
    for key in [
      "steps", "planned_steps", "first_loss", "recent_loss", "valid_loss", "best_valid_loss",
      "best_step", "tokens", "total_tokens",
    ] { result[key] = summary?[key]?.serialized() }
    return result
  }

  /// The contents of every file below a directory, but for the lock.
  static func contents(of path: String) throws -> [String: String] {
    var result: [String: String] = [:]
    for case let file as String in FileManager.default.enumerator(atPath: path) ?? .init() {
      if file == DirectoryLock.fileName { continue }
      // A directory has no hash.
      result[file] = (try? FileHash.sha256(ofFile: "\(path)/\(file)")) ?? "directory"
    }
    return result
  }
}
