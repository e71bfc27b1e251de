import Foundation
import SafeIO
import Testing

/// What a run writes for people to look at, and what it says of itself before it begins.
@Suite struct WatchingTests {
  private let model = Fixture.model("llama-bpe-tied/model-q8_0.gguf")
  private static let hostile = #"</pre><script>alert(1)</script>&"'"#

  private func rows(_ scratch: ScratchDirectory) throws -> String {
    let directory = scratch.url("data")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    for (name, count) in [("train", 24), ("valid", 6)] {
      let lines = (0..<count).map { number -> String in
        let row: JSON = [
          "prompt": JSON("say \(name) \(number) \(Self.hostile)"),
          "completion": JSON("it is \(number)!"),
        ]
        return row.serialized()
      }
      try Data((lines.joined(separator: "\n") + "\n").utf8)
        .write(to: directory.appendingPathComponent("\(name).jsonl"))
    }
    return directory.path()
  }

  private func train(_ scratch: ScratchDirectory, _ run: String, _ flags: [String]) throws
    -> CommandRunner.Outcome
  {
    try CommandRunner.run(
      [
        "train", "--model", model, "--data", rows(scratch), "--output", scratch.url(run).path(),
        "--json", "--quiet", "--sample-tokens", "8",
      ] + flags)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
  }

  @Test func everyRunHasAPageOfItsOwn() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(scratch, "run<b>", ["--steps", "6", "--eval-every", "2"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let run = scratch.url("run<b>").path()
    let page = try text("\(run)/report.html")
    #expect(page.components(separatedBy: "<svg").count == 5)
    for part in [
      "Loss receipt", "Samples by step", "Forecast", "learning-rate", "before step one", "finished",
      "training-rows", "step 6",
    ] { #expect(page.contains(part), "\(part)") }
    // Nothing of a person's text is markup, and nothing is fetched.
    #expect(!page.contains("<script") && !page.contains("run<b>"))
    #expect(page.contains("&lt;script&gt;alert(1)"))
    #expect(!page.contains("src=") && !page.contains("href=") && !page.contains("url("))
    #expect(try text("\(run)/curves.svg").hasPrefix("<svg xmlns="))
    let png = try InputFile.contents(of: "\(run)/curves.png", maxBytes: 1 << 24)
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let samples = try text("\(run)/samples.jsonl").split(separator: "\n")
      .map { try JSON(parsing: String($0)) }
    #expect(samples.map { $0["step"]?.int } == [0, 0, 2, 2, 4, 4, 6, 6])
    #expect(samples.first?["expected"]?.string == "it is 0!")
  }

  @Test func reportMakesThePageAgain() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let outcome = try train(scratch, "run", ["--steps", "4", "--eval-every", "2"])
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let run = scratch.url("run").path()
    let before = try text("\(run)/report.html")
    for name in ["report.html", "curves.svg", "curves.png"] {
      try FileManager.default.removeItem(atPath: "\(run)/\(name)")
    }

    let again = try CommandRunner.run(["report", run])

    #expect(again.exitCode == 0, "\(again.error)")
    #expect(try text("\(run)/report.html") == before)
    #expect(FileManager.default.fileExists(atPath: "\(run)/curves.png"))
    let none = try CommandRunner.run(["report", scratch.root.path()])
    #expect(none.exitCode == 3 && none.error.contains("INSPECT.KIND"), "\(none.error)")
  }

  @Test func watchingChangesNoBitOfTheAdapter() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let flags = ["--steps", "5", "--eval-every", "2", "--lora-dropout", "0.1"]

    let plain = try train(scratch, "a", flags + ["--sample-tokens", "0", "--no-tensorboard"])
    let watched = try train(
      scratch, "b", flags + ["--sample-prompt", "one", "--sample-prompt", "two"])

    #expect(plain.exitCode == 0 && watched.exitCode == 0, "\(plain.error)\(watched.error)")
    let hashes = try [plain, watched].map { try JSON(parsing: $0.output)["adapter_sha256"]?.string }
    #expect(hashes[0] != nil && hashes[0] == hashes[1])
    #expect(!FileManager.default.fileExists(atPath: scratch.url("a/tensorboard").path()))
    #expect(!FileManager.default.fileExists(atPath: scratch.url("a/samples.jsonl").path()))
    let samples = try text(scratch.url("b/samples.jsonl").path())
    #expect(samples.contains(#""prompt":"one""#) && samples.contains(#""prompt":"two""#))
  }

  @Test func dryRunSaysWhatItWouldTakeAndWritesNothing() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(scratch, "run", ["--epochs", "2", "--dry-run"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let plan = try JSON(parsing: outcome.output)
    #expect(plan["state"]?.string == "planned" && plan["planned_steps"]?.int == 6)
    #expect(plan["forecast"]?["seconds"]?["forecast"]?.double ?? 0 > 0)
    #expect(plan["forecast"]?["peak_memory_bytes"]?["forecast"]?.int ?? 0 > 1 << 20)
    #expect(plan["receipt"]?["account"]?["rows"]?.int == 30)
    #expect(plan["effective"]?["epochs"]?["value"]?.double == 2)
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }

  @Test func budgetChoosesStepsThatStayWhenTheRunGoesOn() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let first = try train(scratch, "run", ["--budget", "30s", "--epochs", "2"])

    #expect(first.exitCode == 0, "\(first.error)")
    let run = try JSON(parsingFile: scratch.url("run/run.json").path())
    let steps = try #require(run["identity"]?["steps"]?.int)
    #expect((1...6).contains(steps) && run["summary"]?["steps"]?.int == steps)
    #expect(run["forecast"]?["seconds"]?["error_percent"]?.double != nil)
    // The clock depends on what else runs here; memory does not.
    let memory = run["forecast"]?["peak_memory_bytes"]
    #expect(abs(memory?["error_percent"]?.double ?? 100) < 15, "\(memory ?? .null)")
    // The same command finds the run complete, whatever it would measure now.
    let again = try train(scratch, "run", ["--budget", "30s", "--epochs", "2"])
    #expect(again.exitCode == 0, "\(again.error)")
    let hash = try JSON(parsing: first.output)["adapter_sha256"]?.string
    #expect(try JSON(parsing: again.output)["adapter_sha256"]?.string == hash)
    // The same number of steps, asked for, gives the same bits.
    let plain = try train(scratch, "plain", ["--steps", "\(steps)"])
    #expect(try JSON(parsing: plain.output)["adapter_sha256"]?.string == hash)
    let other = try train(scratch, "run", ["--budget", "31s", "--epochs", "2"])
    #expect(other.exitCode == 8 && other.error.contains("budget"), "\(other.error)")
    let both = try train(scratch, "new", ["--budget", "31s", "--steps", "2"])
    #expect(both.exitCode == 2 && both.error.contains("--budget"), "\(both.error)")
  }

  /// Beside the time of the shortest run: on a busy machine loading and measuring alone may take longer.
  ///
  /// Where the machine gets busier after the run was planned it is late, which says nothing: one of three must be
  /// on time.
  @Test func budgetEndsOnTime() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    func seconds(_ run: String, _ flags: [String]) throws -> (Double, CommandRunner.Outcome) {
      let start = ContinuousClock.now
      let outcome = try train(scratch, run, flags)
      return ((ContinuousClock.now - start) / .seconds(1), outcome)
    }
    var late: [String] = []
    for attempt in 0..<3 where late.count == attempt {
      let (shortest, first) = try seconds("short\(attempt)", ["--steps", "1"])
      #expect(first.exitCode == 0, "\(first.error)")

      let (taken, outcome) = try seconds(
        "run\(attempt)", ["--budget", "8s", "--eval-every", "100"])

      #expect(outcome.exitCode == 0, "\(outcome.error)")
      let run = try JSON(parsing: outcome.output)
      let steps = try #require(run["steps"]?.int)
      #expect(run["state"]?.string == "finished" && steps == run["planned_steps"]?.int)
      // A schedule for a part of the time is no budget either.
      let isLong = shortest >= 2 || taken > 4 && steps > 6
      if taken >= 11 + 3 * shortest || !isLong {
        late.append("\(steps) steps took \(taken) s, one \(shortest) s")
      }
    }
    #expect(late.count < 3, "\(late)")
  }

  /// The samples before the first step take longer than all that there is, and those at the end as long again.
  @Test func budgetThatIsTooShortForAStepIsRefused() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let base = Fixture.root.appending(path: "../../checkpoints/graft-base").standardizedFileURL
    let prompts = (0..<40).flatMap { ["--sample-prompt", "say \($0)"] }

    let outcome = try CommandRunner.run(
      [
        "train", "--model", base.path(), "--data", rows(scratch), "--output",
        scratch.url("run").path(), "--json", "--quiet", "--budget", "1s",
      ] + prompts)

    #expect(outcome.exitCode == 2, "\(outcome.error)")
    #expect(outcome.output.contains("CFG.BUDGET"), "\(outcome.output)")
    #expect(outcome.output.contains("went by before the first step"), "\(outcome.output)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }

  @Test func pageOfNumbersThatNoRunHasIsMadeAllTheSame() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let run = scratch.url("foreign")
    try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
    try Data(#"{"graft": "1", "summary": {"steps": -1, "seconds": 1e308}}"#.utf8)
      .write(to: run.appending(path: "run.json"))
    let lines = [
      #"{"step": 9223372036854775807, "loss": 1.7e308, "valid_loss": 1e-308}"#,
      #"{"step": 9223372036854775807, "loss": -1.7e308, "valid_loss": 1.7e308}"#,
      #"{"step": -9223372036854775808, "loss": 0, "valid_loss": 1.7e308, "x": 1.79e308}"#,
    ]
    try Data(lines.joined(separator: "\n").utf8).write(to: run.appending(path: "metrics.jsonl"))

    let outcome = try CommandRunner.run(["report", run.path()])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    #expect(try text(scratch.url("foreign/report.html").path()).contains("<svg"))
  }

  @Test func initWritesAFileThatTrainTakes() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let (file, run) = (scratch.url("run.yaml").path(), scratch.url("run").path())

    let outcome = try CommandRunner.run([
      "init", "--model", model, "--data", rows(scratch), "--output", file, "--run", run,
    ])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let yaml = try text(file)
    #expect(yaml.contains("max-length: ") && yaml.contains("# 24 rows"), "\(yaml)")
    #expect(yaml.contains("\nbatch-size: 4\n") && yaml.contains("\nepochs: 10\n"), "\(yaml)")
    let trained = try CommandRunner.run(
      ["train", "--config", file, "--json", "--quiet", "--steps", "2"])
    #expect(trained.exitCode == 0, "\(trained.error)")
    let effective = try JSON(parsingFile: "\(run)/run.json")["effective"]
    #expect(effective?["max-length"]?["origin"]?.string?.hasPrefix(file) == true)
    let twice = try CommandRunner.run([
      "init", "--model", model, "--data", rows(scratch), "--output", file,
    ])
    #expect(twice.exitCode == 2 && twice.error.contains("is there already"), "\(twice.error)")
  }

  @Test func initKnowsRowsThatArePairs() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let (data, file) = (scratch.url("pairs.jsonl"), scratch.url("run.yaml").path())
    let pairs = (0..<8).map { #"{"prompt":"say \#($0)","chosen":"it is \#($0)","rejected":"no"}"# }
    try Data(pairs.joined(separator: "\n").utf8).write(to: data)

    let outcome = try CommandRunner.run([
      "init", "--model", model, "--data", data.path(), "--output", file, "--run",
      scratch.url("run").path(),
    ])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let yaml = try text(file)
    #expect(yaml.contains("\nloss: dpo\n") && yaml.contains("# 8 rows"), "\(yaml)")
    let trained = try CommandRunner.run(
      ["train", "--config", file, "--json", "--quiet", "--steps", "1"])
    #expect(trained.exitCode == 0, "\(trained.error)")
  }

  @Test func everyKeyHasAValueAndAnOrigin() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let plan = try JSON(parsing: train(scratch, "run", ["--steps", "2", "--dry-run"]).output)
    let help = try CommandRunner.run(["train", "--help"]).output
    let ofOneCall: Set = [
      "config", "help", "version", "json", "quiet", "log-level", "restart", "accept-change",
      "profile", "dry-run",
    ]

    let flags = help.matches(of: /(?m)^ +(?:-\w, )?--([a-z0-9-]+)/).map { String($0.1) }

    #expect(flags.count > 30)
    for flag in flags where !ofOneCall.contains(flag) {
      #expect(plan["effective"]?[flag]?["origin"]?.string != nil, "\(flag)")
      #expect(plan["effective"]?[flag]?["value"] != nil, "\(flag)")
    }
  }
}
