import Foundation
import Testing

/// Runs the binary that was built beside the tests, as a person would.
struct CommandRunner {
  struct Outcome {
    let exitCode: Int32
    /// Whether a signal ended the process, which is always a defect.
    let wasKilled: Bool
    let output: String
    let error: String
  }

  /// The binary lies in the directory of the running test bundle.
  static var binary: URL {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("graft")
  }

  /// Runs the command to its end, in `directory`; stdin comes from `input`, and stdout goes to `output`,
  /// when they are given.
  static func run(
    _ arguments: [String], in directory: URL? = nil, environment: [String: String] = [:],
    input: FileHandle? = nil, output: FileHandle? = nil
  ) throws -> Outcome {
    // Files, not pipes: a command that writes much cannot block on a pipe that nobody drains.
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let captured = (output: scratch.url("stdout"), error: scratch.url("stderr"))
    for file in [captured.output, captured.error] {
      try Data().write(to: file)
    }
    let process = Process()
    process.executableURL = binary
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = try output ?? FileHandle(forWritingTo: captured.output)
    process.standardError = try FileHandle(forWritingTo: captured.error)

    try process.run()
    process.waitUntilExit()

    return Outcome(
      exitCode: process.terminationStatus,
      wasKilled: process.terminationReason == .uncaughtSignal,
      output: String(decoding: try Data(contentsOf: captured.output), as: UTF8.self),
      error: String(decoding: try Data(contentsOf: captured.error), as: UTF8.self))
  }
}

/// A directory of its own under the system's temporary directory.
struct ScratchDirectory {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("graft-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  func url(_ name: String) -> URL {
    root.appendingPathComponent(name)
  }

  /// Creates an empty file, and the directories above it.
  @discardableResult
  func touch(_ name: String) throws -> String {
    let file = url(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data().write(to: file)
    return file.path
  }

  func remove() {
    try? FileManager.default.removeItem(at: root)
  }
}
