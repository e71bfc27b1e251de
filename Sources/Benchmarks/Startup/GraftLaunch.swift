import Foundation
import SafeIO

/// Starts the `graft` binary and notes when it does what.
struct GraftLaunch {
  /// The seconds from the start of a training run of one step of 1 × 256 tokens.
  struct Training {
    /// Until it says what it will train on.
    var loaded = Double.nan
    /// Until the step is in `metrics.jsonl`.
    var firstStep = Double.nan
    /// Until it has saved the adapter and ended.
    var ended = Double.nan
  }

  struct Failed: Error, CustomStringConvertible {
    var command: [String]
    var status: Int32
    var description: String { "\(command.joined(separator: " ")) ended with \(status)" }
  }

  let binary: String
  let model: String
  let trainArguments: [String]

  /// Until `--version` has ended.
  func version() throws -> Double { try seconds(binary, ["--version"]) }

  /// Until a command has ended.
  func seconds(_ program: String, _ arguments: [String]) throws -> Double {
    let process = process(program, arguments)
    return try Alternation.time { try end(process) { try process.run() } }
  }

  /// Until the first text of an answer is on stdout.
  func firstText() throws -> Double {
    let pipe = Pipe()
    let process = process(
      binary,
      ["generate", "--model", model, "--prompt", "Name three rivers.", "--max-tokens", "8", "-q"])
    process.standardOutput = pipe
    var first = Double.nan
    try end(process) {
      let start = DispatchTime.now()
      try process.run()
      // Returns as soon as there is anything.
      _ = pipe.fileHandleForReading.availableData
      first = Self.since(start)
      _ = pipe.fileHandleForReading.readDataToEndOfFile()
    }
    return first
  }

  /// A training run of one step.
  func training() throws -> Training {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("graft-startup-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let ids = (0..<256).map { 1000 + $0 * 37 % 20_000 }
    let row: JSON = ["input_ids": JSON(ids), "labels": JSON(ids)]
    let data = folder.appendingPathComponent("train.jsonl").path
    try AtomicFile.write(Array(row.serialized().utf8), to: data)
    let run = folder.appendingPathComponent("run").path

    let pipe = Pipe()
    let process = process(
      binary,
      ["train", "--model", model, "--data", data, "--output", run, "--steps", "1"]
        + ["--batch-size", "1"] + trainArguments)
    process.standardError = pipe
    var times = Training()
    try end(process) {
      let start = DispatchTime.now()
      try process.run()
      // The first messages come when the model is there.
      _ = pipe.fileHandleForReading.availableData
      times.loaded = Self.since(start)
      times.firstStep = Self.waitForMetrics(at: "\(run)/metrics.jsonl", of: process, start)
      _ = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      times.ended = Self.since(start)
    }
    return times
  }

  /// Looks 500 times a second whether the file has something in it.
  private static func waitForMetrics(
    at path: String, of process: Process, _ start: DispatchTime
  ) -> Double {
    while true {
      var status = stat()
      if stat(path, &status) == 0, status.st_size > 0 { return since(start) }
      if !process.isRunning { return .nan }
      usleep(2000)
    }
  }

  private static func since(_ start: DispatchTime) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
  }

  private func process(_ program: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  /// Throws unless the process that `body` starts ends well.
  private func end(_ process: Process, _ body: () throws -> Void) throws {
    try body()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failed(
        command: [process.executableURL?.path ?? ""] + (process.arguments ?? []),
        status: process.terminationStatus)
    }
  }
}
