import ArgumentParser
import Inference
import Models
import SafeIO
import TensorCore

/// Answers for a file of prompts.
///
/// The output is written whole, at the end: a run that is interrupted, or whose model fails, still writes
/// the rows that are complete.
struct GenerateRows {
  let command: Generate
  let input: String
  let output: String

  func run() throws {
    let loaded = try command.model.load()
    let generator = BatchGenerator(loaded.bundle, maximumBatch: command.batchSize)
    let seed = command.sampling.drawnSeed()
    let request = { (prompt: [Int], index: Int) in
      // Rows differ in their seeds, so that equal prompts may have different answers.
      var generator = RandomGenerator(seed: UInt64(seed), stream: UInt64(index))
      var sampling = command.sampling.configuration(defaultTemperature: 0, seed: seed)
      sampling.seed = generator.next()
      return GenerationRequest(
        prompt: prompt, maxTokens: command.sampling.maxTokens, sampling: sampling,
        stops: command.sampling.stops)
    }
    let reader = GenerationRowReader(
      path: input, tokenizer: loaded.bundle.tokenizer, system: command.system, isRaw: command.raw)
    let rows = try reader.rows { try generator.check(request($0, 0)) }
    try generate(rows.enumerated().map { request($1.prompt, $0) }, generator, rows, seed)
  }

  private func generate(
    _ requests: [GenerationRequest], _ generator: BatchGenerator, _ rows: [GenerationRow],
    _ seed: Int
  ) throws {
    let progress = ProgressLine("row", total: rows.count, isQuiet: command.reporting.quiet)
    var results = [GenerationResult?](repeating: nil, count: rows.count)
    var tokens = 0
    Interruption.install()
    let start = ContinuousClock.now
    let failure: (any Error)?
    do {
      try generator.run(requests, isCancelled: { Interruption.isRequested }) { index, result in
        results[index] = result
        tokens += result.tokens.count
        let rate = Double(tokens) / (ContinuousClock.now - start).seconds
        progress.update(
          results.count { $0 != nil }, detail: Quantity.rate(rate, of: "tokens"))
      }
      failure = nil
    } catch {
      failure = error
    }
    let seconds = (ContinuousClock.now - start).seconds
    progress.finish()

    let completed = zip(rows, results).compactMap { row, result in result.map { row.json($0) } }
    if failure == nil || !completed.isEmpty {
      try AtomicFile.write(to: output) { sink in
        for row in completed { try sink.write(row.serialized() + "\n") }
      }
    }
    if let failure { throw failure }
    try report(completed.count, rows.count, tokens, seconds, seed)
    try Interruption.throwIfRequested()
  }

  private func report(
    _ completed: Int, _ rows: Int, _ tokens: Int, _ seconds: Double, _ seed: Int
  ) throws {
    if command.reporting.json {
      try JSONOutput.write([
        "rows": JSON(rows), "completed": JSON(completed), "output": JSON(output),
        "completion_tokens": JSON(tokens), "seconds": JSON(seconds),
        "tokens_per_second": JSON(Double(tokens) / max(seconds, 1e-9)), "seed": JSON(seed),
      ])
    } else {
      try StandardOutput.line(
        "\(Quantity.count(completed)) of \(Quantity.count(rows)) rows, "
          + "\(Quantity.count(tokens)) tokens in \(Quantity.duration(seconds)): "
          + output.escapedForMessage())
    }
  }
}
