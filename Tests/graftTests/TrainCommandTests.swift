import Foundation
import SafeIO
import Testing

/// `graft train` on the tiny models of `Fixtures/Models`.
@Suite struct TrainCommandTests {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Models").standardizedFileURL.path()
  let model = "\(TrainCommandTests.fixtures)/llama-bpe-tied/model-q8_0.gguf"

  private func rows(_ scratch: ScratchDirectory, _ lines: [String]? = nil) throws -> String {
    let url = scratch.url("rows.jsonl")
    let usual = (0..<12).map { number in
      """
      {"messages":[{"role":"user","content":"say \(number)"},\
      {"role":"assistant","content":"it is \(number)!"}]}
      """
    }
    try Data(((lines ?? usual).joined(separator: "\n") + "\n").utf8).write(to: url)
    return url.path()
  }

  private func train(
    _ scratch: ScratchDirectory, data: String, run: String = "run", _ flags: [String] = []
  ) throws -> CommandRunner.Outcome {
    try CommandRunner.run(
      [
        "train", "--model", model, "--data", data, "--output", scratch.url(run).path(), "--json",
        "--quiet",
      ] + flags)
  }

  @Test func runHasAnAdapterMetricsAndAnAccount() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(
      scratch, data: rows(scratch),
      ["--epochs", "2", "--batch-size", "4", "--learning-rate", "5e-3", "--lora-rank", "4"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let summary = try JSON(parsing: outcome.output)
    #expect(summary["steps"]?.int == 6)
    let run = scratch.url("run").path()
    let metrics = try String(contentsOfFile: "\(run)/metrics.jsonl", encoding: .utf8)
      .split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(metrics.map { $0["step"]?.int } == [1, 2, 3, 4, 5, 6])
    #expect(metrics.allSatisfy { ($0["tokens"]?.int ?? 0) > 0 && $0["loss"]?.double != nil })
    let config = try JSON(
      parsing: InputFile.contents(of: "\(run)/adapter/adapter_config.json", maxBytes: 1 << 16))
    #expect(config["r"]?.int == 4 && config["lora_alpha"]?.double == 8)
    let manifest = try JSON(
      parsing: InputFile.contents(of: "\(run)/adapter/graft.json", maxBytes: 1 << 16))
    let weights = try FileHash.sha256(ofFile: model)
    #expect(manifest["base_weights_sha256"]?.string == weights)
    let info = try JSON(parsing: InputFile.contents(of: "\(run)/run.json", maxBytes: 1 << 16))
    #expect(info["state"]?.string == "finished")
    #expect(info["effective"]?["batch-size"]?["origin"]?.string == "flag")
    #expect(info["account"]?["rows"]?.int == 12)
  }

  @Test(arguments: ["f32", "bf16"])
  func sameSeedGivesTheSameAdapterAtAnyNumberOfThreads(_ precision: String) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch)

    let hashes = try ["1", "2", "4", "2"].enumerated().map { index, threads in
      let outcome = try train(
        scratch, data: data, run: "run\(index)",
        [
          "--steps", "5", "--lora-dropout", "0.1", "--threads", threads, "--seed", "3",
          "--precision", precision,
        ])
      #expect(outcome.exitCode == 0, "\(outcome.error)")
      return try JSON(parsing: outcome.output)["adapter_sha256"]?.string
    }

    #expect(hashes[0] != nil && Set(hashes).count == 1, "\(hashes)")
  }

  @Test func fullFineTuningWritesAModelThatCommandsTake() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch)

    let outcome = try train(
      scratch, data: data, ["--method", "full", "--steps", "2", "--save-every", "1"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let summary = try JSON(parsing: outcome.output)
    let model = try #require(summary["model"]?.string)
    #expect(
      try summary["model_sha256"]?.string == FileHash.sha256(ofFile: "\(model)/model.safetensors"))
    #expect(
      FileManager.default.fileExists(atPath: "\(scratch.url("run").path())/checkpoints/step-1"))
    let evaluation = try CommandRunner.run(
      ["evaluate", "--model", model, "--data", data, "--max-tokens", "4", "--json", "--quiet"])
    #expect(evaluation.exitCode == 0, "\(evaluation.error)")
    let inspection = try CommandRunner.run(["inspect", scratch.url("run").path(), "--json"])
    let inspected = try JSON(parsing: inspection.output)["model"]?["path"]?.string
    #expect(inspected?.hasSuffix("/model") == true, "\(inspection.output.prefix(300))")
  }

  @Test func runStaysBelowAMemoryLimitWithTheSameAdapter() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch)

    let usual = try train(scratch, data: data, run: "usual", ["--steps", "2"])
    let again = try train(scratch, data: data, run: "again", ["--steps", "2", "--recompute"])
    // What the process itself takes depends on the machine: the refusal says what is needed at least.
    let refused = try train(scratch, data: data, run: "no", ["--steps", "2", "--memory", "1M"])
    let least = try #require(
      refused.error.firstMatch(of: /needs about ([0-9]+) MB/).flatMap { Int($0.1) },
      "\(refused.error)")
    let limited = try train(
      scratch, data: data, run: "limited", ["--steps", "2", "--memory", "\(least + 1)M"])

    let hash = try JSON(parsing: usual.output)["adapter_sha256"]?.string
    #expect(try hash != nil && JSON(parsing: again.output)["adapter_sha256"]?.string == hash)
    #expect(limited.exitCode == 0, "\(limited.error)")
    let run = try JSON(
      parsing: InputFile.contents(
        of: "\(scratch.url("limited").path())/run.json", maxBytes: 1 << 20))
    #expect((run["settings"]?["tokens-per-pass"]?.int ?? 512) < 512)
  }

  @Test func configurationFileGivesWayToFlags() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let file = scratch.url("run.yaml")
    try Data("learning_rate: 1e-3\nsteps: 9\nclip: none\nno-shuffle: true\n".utf8).write(to: file)

    let outcome = try train(
      scratch, data: rows(scratch), ["--config", file.path(), "--steps", "2"])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let info = try JSON(
      parsing: InputFile.contents(of: scratch.url("run/run.json").path(), maxBytes: 1 << 16))
    #expect(info["settings"]?["learning-rate"]?.double == 1e-3)
    #expect(info["settings"]?["steps"]?.int == 2)
    #expect(info["settings"]?["clip"]?.isNull == true)
    #expect(info["settings"]?["shuffle"]?.bool == false)
    #expect(info["effective"]?["learning-rate"]?["origin"]?.string == "\(file.path()):1:1")
    #expect(info["effective"]?["steps"]?["origin"]?.string == "flag")
  }

  @Test(arguments: [
    (["--learing-rate", "1"], 2, "--learning-rate"),
    (["--learning-rate", "nan"], 2, "--learning-rate must be above 0"),
    (["--learning-rate", "1e-4x"], 2, "1e-4x"),
    (["--batch-size", "0"], 2, "--batch-size must be from 1 to 65536, got 0"),
    (["--lora-rank", "0"], 2, "--lora-rank must be from 1 to 4096, got 0"),
    (["--clip", "-1"], 2, "clip"),
    (["--lora-targets", "q_proj,c_attn"], 2, "no layer is named 'c_attn'"),
    (["--seed", "18446744073709551616"], 2, "18446744073709551616"),
    (["--init-adapter", "/nowhere"], 3, "/nowhere"),
    (["--init-adapter", "x", "--lora-dropout", "0.1"], 2, "--lora-dropout"),
    (["--precision", "fp16"], 2, "fp16"),
    (["--memory", "lots"], 2, "lots"),
    (["--memory", "1M"], 2, "CFG.MEMORY"),
    (["--method", "full", "--lora-rank", "4"], 2, "--lora-rank is for adapters"),
    (["--method", "full", "--precision", "bf16"], 2, "--precision bf16 is for adapters"),
  ])
  func wrongFlagsAreRefusedBeforeAnythingIsWritten(
    _ flags: [String], _ exitCode: Int32, _ text: String
  ) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(scratch, data: rows(scratch), flags)

    #expect(outcome.exitCode == exitCode && !outcome.wasKilled, "\(outcome.error)")
    #expect(outcome.error.contains(text), "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }

  @Test(arguments: [
    (["{\"text\": "], 4, "rows.jsonl:1:"),
    (["{\"prompt\": \"a\", \"completion\": \"\"}"], 4, "DATA.NOSIGNAL"),
    ([], 4, "DATA.EMPTY"),
    (["{\"input_ids\": [1, 999999], \"labels\": [-100, 2]}"], 4, "999999"),
  ])
  func wrongRowsAreRefusedWithTheirPlace(
    _ lines: [String], _ exitCode: Int32, _ text: String
  ) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(scratch, data: rows(scratch, lines))

    #expect(outcome.exitCode == exitCode && !outcome.wasKilled, "\(outcome.error)")
    #expect(outcome.error.contains(text), "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }

  @Test(arguments: [
    ("learing-rate: 1e-3\n", "unknown key 'learing-rate'", "learning-rate"),
    ("steps: [1, 2]\n", "'steps' expects a single value", "key: value"),
    ("- a\n", "expected one mapping", "key: value"),
    ("steps: 1\nsteps: 2\n", "run.yaml", "key: value"),
    ("a: [1\n", "not YAML", "key: value"),
  ])
  func wrongConfigurationFilesAreRefused(_ text: String, _ message: String, _ hint: String) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let file = scratch.url("run.yaml")
    try Data(text.utf8).write(to: file)

    let outcome = try train(scratch, data: rows(scratch), ["--config", file.path()])

    #expect(outcome.exitCode == 2 && !outcome.wasKilled, "\(outcome.error)")
    #expect(outcome.error.contains(message) && outcome.error.contains(hint), "\(outcome.error)")
  }

  @Test func directoryThatIsNotEmptyIsLeftAlone() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    try scratch.touch("run/mine.txt")

    let outcome = try train(scratch, data: rows(scratch))

    #expect(outcome.exitCode == 2)
    #expect(outcome.error.contains("CFG.OUTDIR"))
    let entries = try FileManager.default.contentsOfDirectory(atPath: scratch.url("run").path())
    #expect(entries == ["mine.txt"])
  }

  @Test func adapterOfAnotherBaseIsRefusedUnlessForced() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let data = try rows(scratch)
    let first = try train(scratch, data: data, run: "first", ["--steps", "1"])
    #expect(first.exitCode == 0, "\(first.error)")
    let adapter = scratch.url("first/adapter").path()
    let other = "\(Self.fixtures)/llama-bpe-tied/model-f32.gguf"

    let refused = try CommandRunner.run([
      "train", "--model", other, "--data", data, "--output", scratch.url("second").path(),
      "--init-adapter", adapter, "--steps", "1",
    ])
    let forced = try CommandRunner.run([
      "train", "--model", other, "--data", data, "--output", scratch.url("third").path(),
      "--init-adapter", adapter, "--steps", "1", "--force-base",
    ])

    #expect(refused.exitCode == 3 && refused.error.contains("ADP.BASE"), "\(refused.error)")
    #expect(forced.exitCode == 0, "\(forced.error)")
  }
}
