import Foundation
import SafeIO
import Testing

/// States that were cut, changed or lost, and disks that are full.
@Suite struct DamagedStateTests {
  /// A run with two states, stopped by a signal, and the hash that it must come to.
  private func interrupted() throws -> (run: InterruptibleRun, hash: String, states: [String]) {
    let run = try InterruptibleRun(steps: 300)
    let hash = try #require(try run.finish("straight")["adapter_sha256"]?.string)
    for _ in 0..<5 {
      if try run.interrupt("run", ["--save-every", "3"], with: SIGTERM) == 143 {
        let folder = "\(run.path("run"))/state"
        let states = try FileManager.default.contentsOfDirectory(atPath: folder)
          .sorted { Int($0.dropFirst(5)) ?? 0 > Int($1.dropFirst(5)) ?? 0 }
        if states.count == 2 { return (run, hash, states.map { "state/\($0)" }) }
      }
      try FileManager.default.removeItem(atPath: run.path("run"))
    }
    throw CancellationError()
  }

  private enum Damage: CaseIterable { case cut, emptied, flipped, removed }

  private func damage(_ file: String, _ damage: Damage) throws {
    let url = URL(fileURLWithPath: file)
    var bytes = try Data(contentsOf: url)
    switch damage {
    case .cut: bytes.removeLast(bytes.count / 3)
    case .emptied: bytes = Data()
    case .flipped: bytes[Int.random(in: 0..<bytes.count)] ^= UInt8(1) << UInt8.random(in: 0..<8)
    case .removed: return try FileManager.default.removeItem(at: url)
    }
    try bytes.write(to: url)
  }

  @Test func everyDamageToTheNewestStateIsMetByTheOneBefore() throws {
    let (run, hash, states) = try interrupted()
    defer { run.scratch.remove() }
    let files = try FileManager.default.contentsOfDirectory(
      atPath: "\(run.path("run"))/\(states[0])")
    #expect(files.count == 3)

    for file in files {
      for kind in Damage.allCases {
        // A run that was copied goes on where it lies.
        let copy = "copy-\(file)-\(kind)"
        try FileManager.default.copyItem(atPath: run.path("run"), toPath: run.path(copy))
        try damage("\(run.path(copy))/\(states[0])/\(file)", kind)

        let outcome = try run.train(copy)

        #expect(outcome.exitCode == 0, "\(copy): \(outcome.error)")
        #expect(outcome.error.contains("\(states[0])/\(file): "), "\(copy): \(outcome.error)")
        #expect(outcome.error.contains("warning: resuming at step "), "\(copy): \(outcome.error)")
        #expect(try JSON(parsing: outcome.output)["adapter_sha256"]?.string == hash, "\(copy)")
      }
    }
  }

  @Test func runWithoutAnyGoodStateStops() throws {
    let (run, hash, states) = try interrupted()
    defer { run.scratch.remove() }
    try damage("\(run.path("run"))/\(states[0])/state.json", .flipped)
    try damage("\(run.path("run"))/\(states[1])/state.safetensors", .cut)

    let outcome = try run.train("run")
    try FileManager.default.removeItem(atPath: "\(run.path("run"))/state")
    let without = try run.train("run")

    for refused in [outcome, without] {
      #expect(refused.exitCode == 8 && refused.error.contains("CKPT.CORRUPT"), "\(refused.error)")
      #expect(refused.error.contains("--restart"), "\(refused.error)")
    }
    #expect(try run.finish("run", ["--restart"])["adapter_sha256"]?.string == hash)
  }

  @Test func descriptionThatCannotBeReadIsNotNeeded() throws {
    let (run, hash, _) = try interrupted()
    defer { run.scratch.remove() }
    try Data("{".utf8).write(to: URL(fileURLWithPath: "\(run.path("run"))/run.json"))
    try FileManager.default.removeItem(atPath: "\(run.path("run"))/metrics.jsonl")

    let outcome = try run.train("run")

    #expect(
      outcome.exitCode == 0 && outcome.error.contains("metrics.jsonl lacks"), "\(outcome.error)")
    #expect(try JSON(parsing: outcome.output)["adapter_sha256"]?.string == hash)
  }

  /// A limit of the shell on the size of files stands for a disk that is full.
  @Test func saveThatDoesNotFitLeavesTheStatesAsTheyWere() throws {
    let (run, hash, _) = try interrupted()
    defer { run.scratch.remove() }
    let before = try InterruptibleRun.contents(of: "\(run.path("run"))/state")
    let command = ([CommandRunner.binary.path] + run.arguments("run", [])).map { "'\($0)'" }

    // 16 KiB are enough for metrics and descriptions.
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "ulimit -f 32; exec \(command.joined(separator: " "))"]
    let captured = run.scratch.url("stderr")
    try Data().write(to: captured)
    process.standardError = try FileHandle(forWritingTo: captured)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()

    let error = try String(contentsOf: captured, encoding: .utf8)
    #expect(process.terminationReason == .exit && process.terminationStatus == 6, "\(error)")
    #expect(error.contains("the newest saved state is that of step "), "\(error)")
    #expect(try InterruptibleRun.contents(of: "\(run.path("run"))/state") == before)
    for folder in ["", "/state", "/checkpoints"] {
      let entries = try FileManager.default.contentsOfDirectory(atPath: run.path("run") + folder)
      #expect(!entries.contains(where: Leftovers.isLeftover), "\(entries)")
    }
    #expect(try run.finish("run")["adapter_sha256"]?.string == hash)
  }

  @Test func runThatBreaksDownKeepsTheLastGoodState() throws {
    let run = try InterruptibleRun(steps: 50, ["--learning-rate", "9", "--clip", "none"])
    defer { run.scratch.remove() }

    let outcome = try run.train("run")

    #expect(outcome.exitCode == 7 && outcome.error.contains("RUN.NONFINITE"), "\(outcome.error)")
    let info = try JSON(
      parsing: InputFile.contents(of: "\(run.path("run"))/run.json", maxBytes: 1 << 20))
    let step = try #require(info["saved_step"]?.int)
    #expect(info["state"]?.string == "failed" && step > 0)
    for path in ["state/step-\(step)/state.safetensors", "checkpoints/step-\(step)/graft.json"] {
      #expect(FileManager.default.fileExists(atPath: "\(run.path("run"))/\(path)"), "\(path)")
    }
    #expect(try run.train("run").error.contains("of step \(step + 1) is not finite"))
  }
}
