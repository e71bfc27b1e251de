import Foundation
import Inference
import Models

/// Uses graft as a library, through its public products alone, and checks what comes out.
///
/// `scripts/check.sh consumer` builds and runs it.
@main
struct Consumer {
  static func main() async throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../..").standardizedFileURL.path()
    let output = FileManager.default.temporaryDirectory
      .appending(path: "graft-consumer-\(ProcessInfo.processInfo.processIdentifier)").path()
    defer { try? FileManager.default.removeItem(atPath: output) }
    let work = FineTuning(
      modelPath: fixtures + "/Models/llama-bpe-untied",
      dataPath: fixtures + "/Consumer/rows.jsonl", adapterPath: output)
    var report = Report()

    let line = fitLine(steps: 400)
    report.check(
      "the line through 4 points is y = \(short(line.slope)) x + \(short(line.intercept))",
      abs(line.slope - 2) < 0.01 && abs(line.intercept - 1) < 0.01)

    let (trained, losses) = try work.train()
    let (first, last) = (losses.first ?? .nan, losses.last ?? .nan)
    report.check(
      "\(losses.count) steps take the loss from \(short(first)) to \(short(last)) nats per token",
      last < first / 4)

    let comparison = try await work.evaluate()
    for entry in comparison.adapterScores?.entries ?? [] {
      let base = comparison.baseScores?[entry.figure]?.interval.estimate ?? .nan
      print(
        "     \(entry.figure.key): \(short(base)) before, \(short(entry.interval.estimate)) after")
    }
    report.check(
      "the saved adapter has a lower loss than the base",
      (comparison.difference?[.loss]?.interval.upper ?? .nan) < 0)

    let question = "Say four."
    let live = try await answer(question, by: InferenceEngine(trained))
    let loaded = try await answer(
      question, by: InferenceEngine(modelPath: work.modelPath, adapterPath: output))
    let base = try await answer(question, by: InferenceEngine(modelPath: work.modelPath))
    report.check("the adapter in memory answers '\(live)', '\(question)' asked", live == "quattro")
    report.check("the adapter loaded from its directory answers the same", loaded == live)
    report.check("the base alone answers otherwise", base != live)

    if report.failures > 0 { exit(1) }
  }
}

/// Prints what was checked, and counts what failed.
struct Report {
  private(set) var failures = 0

  mutating func check(_ claim: String, _ holds: Bool) {
    print(holds ? "ok   \(claim)" : "FAIL \(claim)")
    if !holds { failures += 1 }
  }
}

func short(_ number: some BinaryFloatingPoint) -> String { String(format: "%.3f", Double(number)) }
