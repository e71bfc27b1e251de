import Foundation
import SafeIO
import Testing

/// Runs that were stopped and go on, that may not go on, and that are done.
@Suite struct ResumeTests {
  /// A run that a signal ended after some of its steps, and what an undisturbed one comes to.
  private func interrupted(
    _ flags: [String] = [], with number: Int32 = SIGINT
  ) throws -> (run: InterruptibleRun, straight: [String: String], exitCode: Int32) {
    let run = try InterruptibleRun(steps: 300, ["--lora-dropout", "0.1"] + flags)
    _ = try run.finish("straight")
    // On a busy machine a run may end before anybody looks.
    for _ in 0..<5 {
      if let code = try run.interrupt("run", with: number) {
        return (run, try run.result("straight"), code)
      }
      try FileManager.default.removeItem(atPath: run.path("run"))
    }
    throw CancellationError()
  }

  private func steps(_ run: InterruptibleRun, _ folder: String) throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: "\(run.path("run"))/\(folder)")
      .compactMap { Int($0.dropFirst(5)) }.sorted()
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func signalSavesTheStateAndTheSameCommandGoesOn(_ number: Int32, _ code: Int32) throws {
    let (run, straight, exitCode) = try interrupted(with: number)
    defer { run.scratch.remove() }
    #expect(exitCode == code)
    #expect(try steps(run, "state").count == 1)
    let info = try JSON(
      parsing: InputFile.contents(of: "\(run.path("run"))/run.json", maxBytes: 1 << 20))
    #expect(info["state"]?.string == "interrupted")
    let adapter = "\(run.path("run"))/adapter/adapter_model.safetensors"
    #expect(FileManager.default.fileExists(atPath: adapter))

    let outcome = try run.train("run", ["--threads", "1"])

    #expect(
      outcome.exitCode == 0 && outcome.error.contains("resuming at step "), "\(outcome.error)")
    #expect(try run.result("run") == straight)
  }

  @Test func validationThatWasInterruptedIsMadeBeforeTheNextStep() throws {
    // Validation takes most of the time here, so that most signals arrive in one.
    let (run, straight, _) = try interrupted(["--eval-every", "1"])
    defer { run.scratch.remove() }

    _ = try run.finish("run")

    #expect(try run.result("run") == straight)
    #expect(straight["best/adapter_model.safetensors"] != nil)
  }

  /// A rate that rises until nothing is learnt any more: the best validation is an early one.
  @Test func bestOfAnEarlierProcessStaysTheBest() throws {
    let run = try InterruptibleRun(
      steps: 200,
      ["--eval-every", "1", "--warmup", "100", "--schedule", "constant", "--learning-rate", "0.5"])
    defer { run.scratch.remove() }
    let straight = try run.finish("straight")
    try #require(straight["best_step"]?.int ?? 200 < 50, "\(straight)")

    let code = try run.interrupt("run", with: SIGINT, after: 25_000)
    _ = try run.finish("run")

    #expect(code == 130)
    #expect(try run.result("run") == run.result("straight"))
  }

  @Test func finishedRunIsLeftAloneAndASecondResultIsMendedFromTheState() throws {
    let run = try InterruptibleRun(steps: 5)
    defer { run.scratch.remove() }
    let first = try run.finish("run")
    let before = try InterruptibleRun.contents(of: run.path("run"))

    let again = try run.train("run", ["--threads", "1", "--save-every", "2", "--keep", "9"])

    #expect(again.exitCode == 0 && again.error.contains("already complete"), "\(again.error)")
    #expect(try JSON(parsing: again.output)["adapter_sha256"] == first["adapter_sha256"])
    #expect(try InterruptibleRun.contents(of: run.path("run")) == before)

    let weights = "\(run.path("run"))/adapter/adapter_model.safetensors"
    try Data("damaged".utf8).write(to: URL(fileURLWithPath: weights))
    let mended = try run.train("run")
    #expect(mended.exitCode == 0 && mended.error.contains("written again"), "\(mended.error)")
    #expect(try FileHash.sha256(ofFile: weights) == first["adapter_sha256"]?.string)
  }

  @Test func otherSettingsAreRefusedWithBothValues() throws {
    let run = try InterruptibleRun(steps: 3)
    defer { run.scratch.remove() }
    _ = try run.finish("run")
    let before = try InterruptibleRun.contents(of: run.path("run"))
    let rows = run.scratch.url("other.jsonl")
    try Data("{\"text\": \"another row\"}\n".utf8).write(to: rows)

    for (flags, text) in [
      (["--steps", "4"], "steps 3, now 4"),
      (["--learning-rate", "1e-3"], "learning-rate 0.005, now 0.001"),
      (["--lora-rank", "2"], "lora-rank 16, now 2"),
      (["--seed", "7"], "seed 0, now 7"),
      (["--eval-every", "1"], "eval-every none, now 1"),
      (["--data", rows.path], "training-rows "),
      (["--model", "\(Fixture.model("llama-bpe-tied"))/model-f32.gguf"], "model-weights "),
    ] {
      let outcome = try run.train("run", flags)

      #expect(outcome.exitCode == 8 && outcome.error.contains("CKPT.MISMATCH"), "\(outcome.error)")
      #expect(outcome.error.contains(text), "\(outcome.error)")
    }
    #expect(try InterruptibleRun.contents(of: run.path("run")) == before)

    let longer = try run.train("run", ["--steps", "5", "--accept-change", "steps"])
    #expect(longer.exitCode == 0, "\(longer.error)")
    #expect(longer.error.contains("resuming at step 3 of 5"), "\(longer.error)")
    let info = try JSON(
      parsing: InputFile.contents(of: "\(run.path("run"))/run.json", maxBytes: 1 << 20))
    #expect(info["accepted_changes"]?.array?.first?["name"]?.string == "steps")
    #expect(info["summary"]?["steps"]?.int == 5)
  }

  @Test func kernelsOfAnotherProcessorAreAnotherRun() throws {
    let run = try InterruptibleRun(steps: 2)
    defer { run.scratch.remove() }
    _ = try run.finish("run")

    let outcome = try CommandRunner.run(
      ["train", "--model", InterruptibleRun.model, "--output", run.path("run")] + run.flags,
      environment: ["GRAFT_KERNELS": "portable"])

    let info = try JSON(
      parsing: InputFile.contents(of: "\(run.path("run"))/run.json", maxBytes: 1 << 20))
    if info["kernels"]?.string == "portable" {
      #expect(outcome.exitCode == 0)
    } else {
      #expect(outcome.exitCode == 8 && outcome.error.contains("now portable"), "\(outcome.error)")
    }
  }

  @Test func restartBeginsAgain() throws {
    let run = try InterruptibleRun(steps: 3, ["--save-every", "1"])
    defer { run.scratch.remove() }
    _ = try run.finish("run")
    let mine = URL(fileURLWithPath: "\(run.path("run"))/notes.txt")
    try Data("mine".utf8).write(to: mine)

    let outcome = try run.train("run", ["--restart", "--steps", "2"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(try steps(run, "state") == [2] && steps(run, "checkpoints") == [1])
    #expect(try String(contentsOf: mine, encoding: .utf8) == "mine")
  }

  @Test func onlyTheLastStatesAndCheckpointsAreKept() throws {
    let (run, _, _) = try interrupted(["--save-every", "3", "--keep", "3"])
    defer { run.scratch.remove() }

    let states = try steps(run, "state")
    let checkpoints = try steps(run, "checkpoints")

    #expect(states.count == 3 && states.dropLast().allSatisfy { $0.isMultiple(of: 3) })
    #expect(checkpoints.count == 3 && checkpoints.allSatisfy { $0.isMultiple(of: 3) })
  }

  @Test func secondProcessIsRefusedWithTheNumberOfTheFirst() throws {
    let run = try InterruptibleRun(steps: 20_000)
    defer { run.scratch.remove() }
    let first = try run.start("run")
    defer {
      first.terminate()
      first.waitUntilExit()
    }
    while first.isRunning, run.metricsSize("run") == 0 { usleep(1000) }

    let second = try run.train("run")
    let restarted = try run.train("run", ["--restart"])

    for outcome in [second, restarted] {
      #expect(outcome.exitCode == 9 && outcome.error.contains("RUN.LOCKED"), "\(outcome.error)")
      #expect(outcome.error.contains("process \(first.processIdentifier) "), "\(outcome.error)")
    }
    #expect(first.isRunning)
  }

  @Test func pretrainingGoesOnWithTheSameTextOnly() throws {
    let run = try InterruptibleRun(pretrainingSteps: 400)
    defer { run.scratch.remove() }
    _ = try run.finish("straight")
    var code: Int32?
    for _ in 0..<5 where code == nil {
      try? FileManager.default.removeItem(atPath: run.path("run"))
      code = try run.interrupt("run", with: SIGINT)
    }
    #expect(code == 130)
    let before = try InterruptibleRun.contents(of: run.path("run"))
    let text = run.scratch.url("other.jsonl")
    try Data("{\"text\": \"another row\"}\n".utf8).write(to: text)

    let other = try CommandRunner.run(
      ["pretrain", text.path] + run.arguments("run", []).dropFirst(2))
    #expect(other.exitCode == 8 && other.error.contains("text_sha256"), "\(other.error)")
    #expect(try InterruptibleRun.contents(of: run.path("run")) == before)
    let shape = try run.train("run", ["--layers", "3"])
    #expect(shape.exitCode == 8 && shape.error.contains("layers 2, now 3"), "\(shape.error)")

    _ = try run.finish("run")
    #expect(try run.result("run") == run.result("straight"))
  }
}
