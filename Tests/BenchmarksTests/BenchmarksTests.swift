import Foundation
import SafeIO
import Testing

/// Runs the benchmarks on tiny models: their figures mean nothing there, their shape does.
@Suite struct BenchmarksTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  private func report(_ arguments: [String]) throws -> JSON {
    let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("Benchmarks")
    let process = Process()
    let pipe = Pipe()
    process.executableURL = binary
    process.arguments = arguments + ["--rounds", "2", "--json"]
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return try JSON(parsing: Array(output))
  }

  private func expectFigures(_ report: JSON, _ names: [String]) throws {
    for key in ["date", "processor", "kernels", "blas", "blas_core", "command"] {
      #expect(report["machine"]?[key]?.string?.isEmpty == false, "\(key)")
    }
    let figures = try #require(report["figures"]?.array)
    #expect(figures.compactMap { $0["name"]?.string } == names)
    for figure in figures {
      let samples = try #require(figure["samples"]?.array).compactMap(\.double)
      #expect(!samples.isEmpty && samples.allSatisfy { $0 > 0 })
      #expect(figure["median"]?.double == samples.reduce(0, +) / Double(samples.count))
      for reference in try #require(figure["references"]?.array) {
        #expect((reference["median"]?.double ?? 0) > 0 && (reference["ratio"]?.double ?? 0) > 0)
      }
    }
  }

  @Test(arguments: ["lora", "full"]) func trainingReportsSpeedMemoryAndUse(method: String) throws {
    let report = try report([
      "training", "--model", "\(Self.fixtures)/Models/llama-tied", "--method", method,
      "--batch-size", "2", "--length", "16", "--rank", "2",
    ])

    try expectFigures(
      report,
      ["\(method)-f32 2 × 16", "\(method)-f32 peak memory", "\(method)-f32 model FLOPs"])
    let losses = try #require(report["losses"]?.array).compactMap(\.double)
    #expect(losses.count == 3)
    #expect(try #require(losses.last) < losses[0])
  }

  @Test func paddedBatchesHaveTheSameLosses() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    let rows = (0..<30).map { row in
      #"{"prompt": "\#(String(repeating: "a", count: 1 + row % 7))", "completion": "b"}"#
    }
    try rows.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)

    let report = try report([
      "batching", "--model", "\(Self.fixtures)/Models/llama-bpe-tied", "--data", file.path,
      "--rank", "2",
    ])

    try expectFigures(report, ["batches of 8"])
    #expect(report["losses"]?.array?.count == 4)
    #expect(try #require(report["largest_loss_difference"]?.double) < 1e-5)
    #expect(
      try #require(report["computed_tokens"]?.int) < #require(report["padded_tokens"]?.int))
  }

  /// The formula of `ModelWork`, for the 15 tokens of each row that have one after them.
  @Test func workOfAStepIsThatOfTheFormula() throws {
    let config = try JSON(parsingFile: "\(Self.fixtures)/Models/llama-tied/config.json")
    func number(_ key: String) throws -> Double { try #require(config[key]?.double) }
    let (d, f) = (try number("hidden_size"), try number("intermediate_size"))
    let (layers, vocabulary) = (try number("num_hidden_layers"), try number("vocab_size"))
    let head = try config["head_dim"]?.double ?? d / number("num_attention_heads")
    let q = try number("num_attention_heads") * head
    let k = try number("num_key_value_heads") * head
    let weights = layers * (2 * d * q + 2 * d * k + 3 * d * f) + vocabulary * d
    let adapter = layers * 2 * (2 * (d + q) + 2 * (d + k) + 3 * (d + f))
    let attention = 3 * layers * 4 * q * 2 * (15 * 16 / 2)

    let report = try report([
      "training", "--model", "\(Self.fixtures)/Models/llama-tied", "--batch-size", "2",
      "--length", "16", "--rank", "2",
    ])

    #expect(report["step_flop"]?.double == 30 * (4 * weights + 6 * adapter) + attention)
  }

  @Test func decodingIsHeldAgainstReadingTheWeights() throws {
    let report = try report([
      "decode", "--model", "\(Self.fixtures)/Models/llama-tied", "--batch", "1", "3", "--prompt",
      "8", "--tokens", "2",
    ])

    try expectFigures(report, ["prompt of 8", "decoding, batch 1", "decoding, batch 3"])
    #expect(report["figures"]?.array?.last?["references"]?.array?.count == 1)
  }

  @Test func tokenizingCountsAndHashesItsIDs() throws {
    let report = try report([
      "tokenizing", "--tokenizer", "\(Self.fixtures)/Models/llama-bpe-tied", "--input", #filePath,
    ])

    try expectFigures(report, ["encoding, lines", "encoding, one text"])
    #expect((report["ids_one text"]?.int ?? 0) > 1000)
    #expect(report["ids_sha256_lines"]?.string?.count == 64)
  }

  @Test func tokenizerTrainingCountsAndHashesItsMerges() throws {
    let report = try report([
      "tokenizer-training", "--input", #filePath, "--vocabularies", "300", "400",
    ])

    try expectFigures(
      report,
      [
        "300 tokens, threads: 1", "400 tokens, threads: 1", "300 tokens, threads: 2",
        "400 tokens, threads: 2",
      ])
    let figures = try #require(report["figures"]?.array)
    #expect(figures.map { $0["merges"]?.int } == [41, 141, 41, 141])
    #expect(figures[1]["merges_sha256"] == figures[3]["merges_sha256"])
  }
}
