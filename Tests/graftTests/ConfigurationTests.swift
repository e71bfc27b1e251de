import Foundation
import SafeIO
import Testing

/// The keys of `graft train --config`: ours, and those of other tools.
@Suite struct ConfigurationTests {
  private let model = Fixture.model("llama-bpe-tied/model-q8_0.gguf")

  private func rows(_ scratch: ScratchDirectory) throws -> String {
    let lines = (0..<12).map { #"{"prompt": "say \#($0)", "completion": "it is \#($0)!"}"# }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: scratch.url("rows.jsonl"))
    return scratch.url("rows.jsonl").path()
  }

  /// Trains with a configuration file of `text` behind model, data and output.
  private func train(_ scratch: ScratchDirectory, _ text: String, _ flags: [String] = []) throws
    -> CommandRunner.Outcome
  {
    let all = """
      model: \(model)
      data: \(try rows(scratch))
      output: \(scratch.url("run").path())
      \(text)
      """
    try Data(all.utf8).write(to: scratch.url("run.yaml"))
    return try CommandRunner.run(
      ["train", "--config", scratch.url("run.yaml").path(), "--json", "--quiet"] + flags)
  }

  private func effective(_ scratch: ScratchDirectory) throws -> JSON? {
    try JSON(parsingFile: scratch.url("run/run.json").path())["effective"]
  }

  @Test func keysOfTransformersAndPEFTAreTaken() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(
      scratch,
      """
      max_steps: 3
      per_device_train_batch_size: 2
      gradient_accumulation_steps: 2
      learning_rate: 2e-3
      lr_scheduler_type: constant_with_warmup
      warmup_steps: 1
      max_grad_norm: 0
      max_seq_length: 64
      r: 4
      lora_alpha: 12
      lora_dropout: 0.1
      target_modules: [q_proj, v_proj]
      gradient_checkpointing: true
      optim: adamw_torch
      seed: 5
      """)

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let found = try #require(try effective(scratch))
    func value(_ key: String) -> JSON? { found[key]?["value"] }
    #expect(value("steps")?.int == 3 && value("batch-size")?.int == 2)
    #expect(value("accumulate")?.int == 2 && value("learning-rate")?.double == 2e-3)
    #expect(value("schedule")?.string == "constant" && value("warmup")?.int == 1)
    #expect(value("clip")?.isNull == true && value("max-length")?.int == 64)
    #expect(value("lora-rank")?.int == 4 && value("lora-alpha")?.double == 12)
    #expect(value("lora-dropout")?.double == 0.1 && value("recompute")?.bool == true)
    #expect(value("lora-targets")?.array?.map(\.string) == ["q_proj", "v_proj"])
    let place = "\(scratch.url("run.yaml").path()):4:1 (max_steps)"
    #expect(found["steps"]?["origin"]?.string == place)
    #expect(found["weight-decay"]?["origin"]?.string == "default")
  }

  // mlx-lm 0.31, lora_config.yaml: its scale is alpha / rank.
  @Test func keysOfMLXAreTaken() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(
      scratch,
      """
      train: true
      fine_tune_type: lora
      iters: 2
      grad_checkpoint: false
      lora_parameters:
        keys: ["self_attn.q_proj", "self_attn.v_proj"]
        rank: 8
        scale: 2.5
        dropout: 0.0
      """)

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let found = try #require(try effective(scratch))
    #expect(found["steps"]?["value"]?.int == 2)
    #expect(found["lora-rank"]?["value"]?.int == 8)
    #expect(found["lora-alpha"]?["value"]?.double == 20)
    #expect(found["lora-targets"]?["value"]?.array?.map(\.string) == ["q_proj", "v_proj"])
    #expect(found["recompute"]?["value"]?.bool == false)
  }

  @Test(arguments: [
    (
      "learning_rate: 1e-3\nlr: 1e-4", "CFG.CONFLICT", "'lr' and 'learning-rate' (", "learning-rate"
    ),
    ("max_steps: 2\nsteps: 3", "CFG.CONFLICT", "both set steps", "Keep one"),
    ("iters: 8\ngrad_accumulation_steps: 2", "CFG.CONFLICT", "iters counts micro-batches", ""),
    ("learning-rte: 1", "CFG.UNKNOWN", "unknown key 'learning-rte'", "learning-rate"),
    ("per_device_train_batchsize: 1", "CFG.UNKNOWN", "unknown key", "per-device-train-batch-size"),
    ("json: true", "CFG.UNKNOWN", "run.yaml:4:1: 'json' is for a single call", "--json"),
    ("lr_scheduler_type: polynomial", "CFG.VALUE", "expects constant", ""),
    ("bias: all", "CFG.VALUE", "expects none", ""),
    ("optim: lion_8bit", "CFG.VALUE", "expects adamw", ""),
    ("lora_parameters: {scale: 2}", "CFG.VALUE", "rank beside it", ""),
    ("lora_parameters: {rnk: 2}", "CFG.UNKNOWN", "lora_parameters.rnk", "rank"),
    ("max_steps: many", "CFG.VALUE", "run.yaml:4:1: 'max_steps'", ""),
    ("batch-size: 0", "CFG.VALUE", "run.yaml:4:1: 'batch-size'", "train --help"),
    ("recompute: [1]", "CFG.VALUE", "expects true or false", ""),
    ("steps:\n  a: 1", "CFG.VALUE", "expects a single value", ""),
  ])
  func whatIsNotUnderstoodIsRefused(
    _ text: String, _ code: String, _ message: String, _ hint: String
  )
    throws
  {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(scratch, text)

    #expect(outcome.exitCode == 2 && !outcome.wasKilled, "\(outcome.error)")
    #expect(
      outcome.error.contains("error[\(code)]") && outcome.error.contains(message),
      "\(outcome.error)")
    #expect(hint.isEmpty || outcome.error.contains(hint), "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }
}
