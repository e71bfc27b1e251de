import Foundation
import SafeIO
import Testing

/// `graft train` with the flags of adapters, and `graft merge`, on the tiny models of `Fixtures/Models`.
@Suite struct AdapterFormsCommandTests {
  private let model = "\(TrainCommandTests.fixtures)/llama-bpe-tied"

  private func rows(_ scratch: ScratchDirectory) throws -> String {
    let url = scratch.url("rows.jsonl")
    let lines = (0..<6).map { number in
      """
      {"messages":[{"role":"user","content":"say \(number)"},\
      {"role":"assistant","content":"it is \(number)!"}]}
      """
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
    return url.path()
  }

  private func train(_ scratch: ScratchDirectory, _ run: String, _ flags: [String]) throws
    -> CommandRunner.Outcome
  {
    try CommandRunner.run(
      [
        "train", "--model", model, "--data", rows(scratch), "--output", scratch.url(run).path(),
        "--steps", "3", "--batch-size", "2", "--lora-rank", "2", "--learning-rate", "1e-2",
        "--json", "--quiet",
      ] + flags)
  }

  private func json(_ path: String) throws -> JSON {
    try JSON(parsing: InputFile.contents(of: path, maxBytes: 1 << 20))
  }

  private let dora = [
    "--use-dora", "--use-rslora", "--lora-layers", "1", "--rank-pattern", "q_proj=4",
    "--alpha-pattern", "v_proj=6", "--lora-plus-ratio", "4", "--neftune-alpha", "5",
    "--train-tokens", "<|im_end|>", "--lora-dropout", "0.1",
  ]

  @Test func everyFlagArrivesInTheAdapterAndItsCard() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(scratch, "run", dora)

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let adapter = scratch.url("run/adapter").path()
    let config = try json("\(adapter)/adapter_config.json")
    #expect(config["use_dora"]?.bool == true && config["use_rslora"]?.bool == true)
    #expect(config["layers_to_transform"] == [1])
    #expect(config["rank_pattern"] == ["q_proj": 4] && config["alpha_pattern"] == ["v_proj": 6])
    #expect(config["trainable_token_indices"]?.array?.count == 1)
    let card = try String(contentsOfFile: "\(adapter)/README.md", encoding: .utf8)
    #expect(card.hasPrefix("---\nbase_model: "))
    for part in [
      "library_name: peft", "- lora", "DoRA with rsLoRA's scale", "| supervised |",
      "| tokens and labels, SHA-256 |", "--use-dora",
      try FileHash.sha256(ofFile: "\(model)/model.safetensors"),
    ] {
      #expect(card.contains(part), "\(part)")
    }
    let settings = try json("\(scratch.url("run").path())/run.json")["settings"]
    #expect(settings?["lora-plus-ratio"]?.double == 4 && settings?["neftune-alpha"]?.double == 5)
  }

  @Test func aRunOfEveryFormHasTheSameBitsOnAnyNumberOfThreads() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    for (form, flags) in [("dora", dora), ("pissa", ["--init-lora-weights", "pissa"])] {
      let hashes = try ["1", "3"].map { threads in
        let outcome = try train(scratch, form + threads, flags + ["--threads", threads])
        return try JSON(parsing: outcome.output)["adapter_sha256"]?.string
      }

      #expect(hashes[0] != nil && hashes[0] == hashes[1], "\(form)")
    }
  }

  @Test func aMergedModelIsMeasuredAndComputesAlone() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let outcome = try train(scratch, "run", dora)
    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let (adapter, merged) = (scratch.url("run/adapter").path(), scratch.url("merged").path())
    func merge(_ output: String, _ flags: [String]) throws -> CommandRunner.Outcome {
      try CommandRunner.run(
        ["merge", "--model", model, "--adapter", adapter, "--output", output, "--json"] + flags)
    }

    let result = try merge(merged, ["--data", rows(scratch)])

    #expect(result.exitCode == 0, "\(result.error)")
    let compared = try JSON(parsing: result.output)["compared"]
    #expect(compared?["top1_agreement"]?.double == 1)
    let difference = try #require(compared?["largest_logit_difference"]?.double)
    #expect(difference > 0 && difference < 1e-4)
    #expect(try json("\(merged)/graft.json")["compared"] == compared)
    let card = try String(contentsOfFile: "\(merged)/README.md", encoding: .utf8)
    #expect(card.contains("library_name: transformers"))
    func answer(_ flags: [String]) throws -> String? {
      let outcome = try CommandRunner.run(
        ["generate", "--prompt", "say 3", "--max-tokens", "12", "--json", "--quiet"] + flags)
      return try JSON(parsing: outcome.output)["text"]?.string
    }
    let alone = try answer(["--model", merged])
    #expect(try alone != nil && alone == answer(["--model", model, "--adapter", adapter]))
    let again = try merge(merged, [])
    #expect(again.exitCode == 2 && again.output.contains("not empty"))
    let half = try merge(scratch.url("half").path(), ["--save", "bf16"])
    let rounded = try JSON(parsing: half.output)["compared"]?["largest_logit_difference"]?.double
    #expect(try #require(rounded) > difference)
  }

  @Test func theWrongBaseIsRefusedUnlessForced() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    _ = try train(scratch, "run", [])
    func merge(_ flags: [String]) throws -> CommandRunner.Outcome {
      try CommandRunner.run(
        [
          "merge", "--model", "\(model)/model-f32.gguf", "--adapter",
          scratch.url("run/adapter").path(), "--output", scratch.url("merged").path(), "--quiet",
        ] + flags)
    }

    let refused = try merge([])
    let forced = try merge(["--force-base"])

    #expect(refused.exitCode == 3 && refused.error.contains("error[ADP.BASE]"))
    #expect(forced.exitCode == 0, "\(forced.error)")
    #expect(forced.output.contains("logits differ by at most"))
  }

  @Test(arguments: [
    (["--use-dora", "--init-lora-weights", "pissa"], "--use-dora does not go with"),
    (["--rank-pattern", "q_proj"], "--rank-pattern must be a pattern, '=' and a rank"),
    (["--lora-layers", "9"], "9 layers: expected from 1 to 2"),
    (["--train-tokens", "<|nothing|>"], "the tokenizer has no token '<|nothing|>'"),
    (["--method", "full", "--use-dora"], "--lora-rank is for adapters"),
    (["--rank-pattern", "c_attn=2"], "no layer is named 'c_attn'"),
  ])
  func flagsThatDoNotFitAreRefused(_ flags: [String], _ message: String) throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }

    let outcome = try train(scratch, "run", flags)

    #expect(
      outcome.exitCode == 2 && (outcome.output + outcome.error).contains(message), "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("run").path()))
  }

  @Test func aFileTakesWhatPEFTCallsThem() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let file = scratch.url("run.yaml")
    try Data(
      """
      use_dora: true
      use_rslora: true
      init_lora_weights: true
      rank_pattern: {q_proj: 4}
      alpha_pattern:
        v_proj: 6
      neftune_noise_alpha: 5
      loraplus_lr_ratio: 4

      """.utf8
    ).write(to: file)

    let outcome = try train(scratch, "run", ["--config", file.path()])

    #expect(outcome.exitCode == 0, "\(outcome.error)")
    let config = try json(scratch.url("run/adapter/adapter_config.json").path())
    #expect(config["use_dora"]?.bool == true && config["rank_pattern"] == ["q_proj": 4])
  }
}
