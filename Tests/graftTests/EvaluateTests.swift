import Foundation
import SafeIO
import Testing

@Suite struct EvaluateTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private func write(_ lines: [String], _ name: String = "test.jsonl") throws -> String {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: scratch.url(name))
    return scratch.url(name).path
  }

  private static let conversations = [
    #"{"id": "a", "messages": [{"role": "user", "content": "the ferry"}, "#
      + #"{"role": "assistant", "content": "{\"intent\": \"x\", \"n\": {}}"}]}"#,
    #"{"messages": [{"role": "user", "content": "a lamp"}, "#
      + #"{"role": "assistant", "content": "{\"intent\": \"y\", \"n\": [1]}"}]}"#,
  ]

  /// Against transformers' mean loss: Tests/Fixtures/Models/*/reference.json, and with PEFT lora.json.
  @Test(arguments: ["llama-untied", "llama-tied"])
  func lossOfTokenisedRowsIsTheReference(name: String) throws {
    defer { scratch.remove() }
    let path = Fixture.model(name)
    let reference = try JSON(parsingFile: "\(path)/reference.json")
    let adapted = try JSON(parsingFile: "\(path)/lora.json")
    let data = try write((reference["documents"]?.array ?? []).map { $0.serialized() })

    let report = try Fixture.json([
      "evaluate", "--model", path, "--adapter", "\(path)/adapter", "--data", data, "--quiet",
    ])

    for (key, json) in [("base", reference), ("adapter", adapted)] {
      let loss = try #require(report[key]?["loss"]?.double)
      let expected = try #require(json["loss"]?.double)
      #expect(abs(loss - expected) < 1e-5 * expected, "\(key)")
      let perplexity = try #require(report[key]?["perplexity"]?.double)
      #expect(abs(perplexity - exp(expected)) < 1e-4 * perplexity)
      #expect(report[key]?["supervised_tokens"] == reference["supervised_tokens"])
      #expect(report[key]?["exact_match"] == nil)
    }
    let difference = try #require(report["difference"]?["loss"]?.double)
    let expected = try #require(adapted["loss"]?.double) - #require(reference["loss"]?.double)
    #expect(abs(difference - expected) < 1e-4)
    #expect(report["rows"]?.int == 2)
    #expect(report["account"]?["formats"]?["tokens"]?.int == 2)
  }

  @Test func answersAreScoredAndWritten() throws {
    defer { scratch.remove() }
    let data = try write(Self.conversations)
    let output = scratch.url("answers.jsonl").path

    let report = try Fixture.json([
      "evaluate", "--model", Fixture.model("llama-bpe-tied"), "--data", data, "--max-tokens", "8",
      "--predictions", output,
    ])

    #expect(report["adapter"] == nil)
    #expect(report["difference"] == nil)
    let base = try #require(report["base"])
    #expect(base["answer_rows"]?.int == 2)
    #expect(base["exact_match"]?.double == 0)
    #expect(base["json_valid"]?.double == 0)
    #expect(base["field_f1"]?.double == 0)
    #expect(base["field_accuracy"]?.object?.keys == ["intent"])
    #expect(base["intervals"]?["exact_match"] == [0.0, 0.0])
    #expect((base["bits_per_byte"]?.double ?? 0) > 0)
    #expect(base["stopped"]?.bool == false)
    let rows = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
      .map { try JSON(parsing: String($0)) }
    #expect(rows.map { $0["id"] } == ["a", nil])
    #expect(rows.map { $0["line"]?.int } == [1, 2])
    #expect(rows[1]["reference"]?.string == #"{"intent": "y", "n": [1]}"#)
    #expect(rows.allSatisfy { $0["base"]?.string != nil && $0["adapter"] == nil })
  }

  @Test func theSameAdapterBesideItselfMakesNoDifference() throws {
    defer { scratch.remove() }
    // B is zero before training, so that base and adapter are one.
    let path = Fixture.model("llama-bpe-tied")
    let adapter = scratch.url("adapter").path
    try writeZeroAdapter(to: adapter)
    let data = try write(Self.conversations)

    let report = try Fixture.json([
      "evaluate", "--model", path, "--adapter", adapter, "--data", data, "--max-tokens", "4",
    ])

    #expect(report["base"]?["loss"] == report["adapter"]?["loss"])
    let difference = try #require(report["difference"])
    #expect(difference["loss"]?.double == 0)
    #expect(difference["intervals"]?["loss"] == [0.0, 0.0])
    #expect(difference["answer_rows"]?.int == 2)
  }

  @Test func lossAloneAndSomeRowsAloneAreMeasuredOnRequest() throws {
    defer { scratch.remove() }
    _ = try write(Self.conversations, "valid.jsonl")

    let report = try Fixture.json([
      "evaluate", "--model", Fixture.model("llama-bpe-tied"), "--data", scratch.root.path,
      "--split", "valid", "--limit", "1", "--no-generate",
    ])

    #expect(report["rows"]?.int == 1)
    #expect(report["data"]?.string == scratch.url("valid.jsonl").path)
    #expect(report["base"]?["loss_rows"]?.int == 1)
    #expect(report["base"]?["answer_rows"]?.int == 0)
    #expect(report["base"]?["exact_match"] == nil)
  }

  @Test func answersAloneAreMeasuredOnRequest() throws {
    defer { scratch.remove() }
    let data = try write(Self.conversations)

    let report = try Fixture.json([
      "evaluate", "--model", Fixture.model("llama-bpe-tied"), "--data", data, "--max-tokens", "4",
      "--no-loss", "--metrics", "exact_match",
    ])

    #expect(report["base"]?["loss"] == nil)
    #expect(report["base"]?["loss_rows"]?.int == 0)
    #expect(report["base"]?["answer_rows"]?.int == 2)
    #expect(report["base"]?["exact_match"]?.double == 0)
    #expect(report["base"]?["json_valid"] == nil)
    #expect(report["base"]?["stopped"]?.bool == false)
  }

  @Test(arguments: [
    (["{\"messages\": 3}"], "DATA.", ":1:"), (["{\"text\": \"a\"}", "{nonsense"], "DATA.", ":2:"),
    (["{\"text\": \"\"}"], "DATA.", ":1:"),
  ])
  func rowsThatCannotBeUsedAreRefusedByTheirPlace(
    lines: [String], code: String, place: String
  ) throws {
    defer { scratch.remove() }
    let data = try write(lines)

    let outcome = try CommandRunner.run([
      "evaluate", "--model", Fixture.model("llama-bpe-tied"), "--data", data, "--predictions",
      scratch.url("answers.jsonl").path,
    ])

    #expect(outcome.exitCode == 4)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.hasPrefix("error[\(code)"), "\(outcome.error)")
    #expect(outcome.error.contains("test.jsonl\(place)"), "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: scratch.url("answers.jsonl").path))
  }

  @Test func dataThatIsMissingIsRefusedAsData() throws {
    defer { scratch.remove() }
    let model = Fixture.model("llama-bpe-tied")
    _ = try write(Self.conversations, "train.jsonl")

    for data in [scratch.url("nowhere").path, scratch.root.path] {
      let outcome = try CommandRunner.run(["evaluate", "--model", model, "--data", data])
      #expect(outcome.exitCode == 4, "\(outcome.error)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test(arguments: [
    ["--batch-size", "0"], ["--max-tokens", "0"], ["--limit", "0"], ["--skip-base"],
    ["--metrics", "exact_mach"], ["--metrics", ""], ["--no-generate", "--metrics", "exact_match"],
    ["--no-generate", "--predictions", "x"], ["--no-generate", "--no-loss"], ["--split", "tests"],
    ["--no-generate", "--temperature", "1"], ["--no-generate", "--max-tokens", "8"],
    ["--no-generate", "--numerics", "fast"], ["--temperature", "-1"], ["--stop", ""],
  ])
  func flagsOutOfRangeAreRefused(flags: [String]) throws {
    defer { scratch.remove() }
    let data = try write(Self.conversations)

    let outcome = try CommandRunner.run(
      ["evaluate", "--model", Fixture.model("llama-bpe-tied"), "--data", data] + flags)

    #expect(outcome.exitCode == 2, "\(outcome.error)")
    #expect(outcome.output.isEmpty)
  }

  @Test func aPlaceWhereNothingCanBeWrittenIsToldBeforeTheWork() throws {
    defer { scratch.remove() }
    let data = try write(Self.conversations)

    let outcome = try CommandRunner.run([
      "evaluate", "--model", Fixture.model("llama-bpe-tied"), "--data", data, "--predictions",
      scratch.url("missing/answers.jsonl").path,
    ])

    #expect(outcome.exitCode == 6)
    #expect(outcome.error.hasPrefix("error[IO.NOTFOUND]"), "\(outcome.error)")
    #expect(!outcome.error.contains("loss"))
  }

  /// A PEFT directory for `llama-bpe-tied` (q_proj of both layers, rank 1) whose B is zero.
  private func writeZeroAdapter(to path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let configuration: JSON = [
      "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 1, "lora_alpha": 1,
      "target_modules": ["q_proj"], "lora_dropout": 0.0, "bias": "none",
    ]
    try Data(configuration.serialized().utf8)
      .write(to: URL(fileURLWithPath: "\(path)/adapter_config.json"))
    var header = JSONObject()
    var data: [UInt8] = []
    for layer in 0..<2 {
      let module = "base_model.model.model.layers.\(layer).self_attn.q_proj"
      for (name, shape, byte) in [("lora_A", [1, 32], UInt8(0x3C)), ("lora_B", [32, 1], 0)] {
        let start = data.count
        data += [UInt8](repeating: byte, count: 128)
        header["\(module).\(name).weight"] = [
          "dtype": "F32", "shape": JSON(shape), "data_offsets": JSON([start, data.count]),
        ]
      }
    }
    let text = Array(JSON(header).serialized().utf8)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    try Data(length + text + data)
      .write(to: URL(fileURLWithPath: "\(path)/adapter_model.safetensors"))
  }
}
