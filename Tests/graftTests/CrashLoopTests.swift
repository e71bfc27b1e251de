import Foundation
import SafeIO
import Testing

/// `kill -9` at random moments, with a random number of threads, until the run is done: every byte of what
/// it comes to is that of a run that nobody disturbed.
///
/// `GRAFT_KILLS` sets how many times (default 25); what was hit is printed.
@Suite(.serialized) struct CrashLoopTests {
  private static let kills =
    ProcessInfo.processInfo.environment["GRAFT_KILLS"].flatMap(Int.init) ?? 25

  private struct Count {
    var kills = 0
    /// Kills that left an unfinished directory behind.
    var insideSave = 0
    /// Kills before the process had taken a step.
    var beforeStep = 0
    var starts = 0
    /// The newest state when the last kill came.
    var lastStep = 0
  }

  private func isInsideSave(_ path: String) -> Bool {
    ["", "/state", "/checkpoints"].contains { folder in
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: path + folder)) ?? []
      return entries.contains(where: Leftovers.isLeftover)
    }
  }

  /// Kills `count` processes of the run, and lets the last one finish.
  private func killed(_ run: InterruptibleRun, _ count: Int, saveEvery: Int) throws -> Count {
    var result = Count()
    let path = run.path("killed")
    while result.kills < count {
      result.starts += 1
      try #require(result.starts < 4 * count + 10, "the run makes no progress")
      let threads = "\(Int.random(in: 1...4))"
      let process = try run.start(
        "killed", ["--threads", threads, "--save-every", "\(saveEvery)"])
      let before = run.metricsSize("killed")
      if Int.random(in: 0..<8) > 0 {
        // Most processes live until they have taken a new step, and then for some saves.
        while process.isRunning, run.metricsSize("killed") <= before { usleep(200) }
        // Every other kill waits for a save: on a quick disk chance alone may miss them all.
        if result.kills.isMultiple(of: 2) {
          let end = ContinuousClock.now.advanced(by: .seconds(5))
          while process.isRunning, !isInsideSave(path), .now < end {}
        }
      }
      if !isInsideSave(path) { usleep(UInt32.random(in: 0..<30_000)) }
      let tookStep = run.metricsSize("killed") > before
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      guard process.terminationReason == .uncaughtSignal else { continue }
      result.kills += 1
      if isInsideSave(path) { result.insideSave += 1 }
      if !tookStep { result.beforeStep += 1 }
    }
    let info = try JSON(parsing: InputFile.contents(of: "\(path)/run.json", maxBytes: 1 << 20))
    result.lastStep = info["saved_step"]?.int ?? 0
    #expect(info["state"]?.string == "running", "a kill came after the last step")
    return result
  }

  private func expectSameResult(_ run: InterruptibleRun, kills: Int, saveEvery: Int) throws {
    defer { run.scratch.remove() }
    let straight = try run.finish("straight")

    let count = try killed(run, kills, saveEvery: saveEvery)
    let summary = try run.finish("killed")

    let product = straight["adapter_sha256"] == nil ? "model" : "adapter"
    let hash = straight["\(product)_sha256"]?.string
    #expect(hash != nil && summary["\(product)_sha256"]?.string == hash)
    #expect(try run.result("killed") == run.result("straight"))
    #expect(count.kills == kills && count.insideSave > 0, "no kill hit a save")
    #expect(!isInsideSave(run.path("killed")), "what a killed process left is still there")
    print(
      "\(product): \(count.kills) kills, \(count.insideSave) inside a save, "
        + "\(count.beforeStep) before a new step, the last at step \(count.lastStep), final SHA-256 \(hash?.prefix(12) ?? "none")"
    )
  }

  /// Kills as soon as something stands in the directory: what is there must be known for a run's.
  @Test func killedAtItsFirstFileARunBeginsAgain() throws {
    let run = try InterruptibleRun(steps: 2)
    defer { run.scratch.remove() }
    let hash = try run.finish("straight")["adapter_sha256"]?.string
    var hits = 0
    for attempt in 0..<12 {
      let name = "early-\(attempt)"
      let process = try run.start(name, ["--threads", "1"])
      let wanted = attempt % 3 == 0 ? "run.json" : "metrics.jsonl"
      let file = "\(run.path(name))/\(wanted)"
      while process.isRunning, access(file, F_OK) != 0 {}
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal { hits += 1 }

      #expect(try run.finish(name)["adapter_sha256"]?.string == hash, "\(name)")
    }
    #expect(hits > 0)
  }

  // A process takes about one step more than the one before it, until it is killed.

  @Test func killedAdapterRunEndsWithTheSameBytes() throws {
    let run = try InterruptibleRun(
      steps: 3 * Self.kills + 10, ["--lora-dropout", "0.1", "--eval-every", "7"])

    try expectSameResult(run, kills: Self.kills, saveEvery: 1)
  }

  @Test func killedFullFineTuningEndsWithTheSameBytes() throws {
    let kills = max(Self.kills / 5, 3)
    let run = try InterruptibleRun(steps: 3 * kills + 10, ["--method", "full"])

    try expectSameResult(run, kills: kills, saveEvery: 2)
  }

  @Test func killedPretrainingEndsWithTheSameBytes() throws {
    let kills = max(Self.kills / 5, 3)
    let run = try InterruptibleRun(pretrainingSteps: 3 * kills + 10)

    try expectSameResult(run, kills: kills, saveEvery: 1)
  }
}
