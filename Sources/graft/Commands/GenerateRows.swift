import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Models
import SafeIO
import TensorCore

/// Answers for a file of prompts.
///
/// The output is written whole, at the end: a run that is interrupted, or whose model fails, still writes
/// the rows that are complete, and leaves a journal that the same command goes on from.
struct GenerateRows {
  let command: Generate
  let input: String
  let output: String

  func run() async throws {
    let served = try command.model.serve(command.numerics, sequences: command.batchSize)
    let reader = GenerationRowReader(
      path: input, tokenizer: served.engine.tokenizer, system: command.system, isRaw: command.raw)
    let rows = try reader.rows { try served.engine.check(request($0, 0, 0, served)) }
    let journal = try RowJournal(
      output: output, settings: try settings(served), seed: command.sampling.seed,
      drawnSeed: command.sampling.drawnSeed(), restarts: command.restart)
    if !journal.known.isEmpty {
      Log.info(
        "Going on from \(journal.path.escapedForMessage()): \(Quantity.count(journal.known.count)) "
          + "of \(Quantity.count(rows.count)) rows are there; --restart begins anew.")
    }
    try await generate(rows, served, journal)
  }

  /// A row's request; rows differ in their seeds, so that equal prompts may have different answers.
  private func request(_ prompt: [Int], _ index: Int, _ seed: Int, _ served: ServedModel)
    -> ServingRequest
  {
    var generator = RandomGenerator(seed: UInt64(seed), stream: UInt64(index))
    var sampling = command.sampling.configuration(defaultTemperature: 0, seed: seed)
    sampling.seed = generator.next()
    var request = served.request(
      GenerationRequest(
        prompt: prompt, maxTokens: command.sampling.maxTokens, sampling: sampling,
        stops: command.sampling.stops))
    request.usesPromptLookup = command.promptLookup
    return request
  }

  /// Everything that decides an answer, beside the seed.
  private func settings(_ served: ServedModel) throws -> JSONObject {
    var settings = JSONObject()
    settings["format"] = 1
    settings["input"] = JSON(try FileHash.sha256(ofFile: input))
    settings["model"] = JSON(served.engine.fingerprint.weights)
    settings["tokenizer"] = JSON(served.engine.fingerprint.tokenizer ?? "")
    settings["chat-template"] = JSON(served.engine.fingerprint.chatTemplate ?? "")
    settings["adapter"] = JSON(served.adapter?.sha256 ?? "")
    settings["numerics"] = JSON(served.engine.numerics)
    settings["system"] = JSON(command.system ?? "")
    settings["raw"] = JSON(command.raw)
    settings["max-tokens"] = JSON(command.sampling.maxTokens)
    for (key, value) in command.sampling.json(defaultTemperature: 0, seed: nil) {
      settings[key] = value
    }
    return settings
  }

  private func generate(_ rows: [GenerationRow], _ served: ServedModel, _ journal: RowJournal)
    async throws
  {
    let progress = ProgressLine(
      "row", total: rows.count, isQuiet: command.reporting.quiet,
      startingAt: journal.known.count)
    var answers = journal.known
    var tokens = 0
    Interruption.install()
    let start = ContinuousClock.now
    let failure: (any Error)?
    do {
      try await forEachAnswer(rows, served, journal) { index, result in
        try journal.add(index, result)
        answers[index] = RowJournal.Answer(result)
        tokens += result.tokens.count
        let rate = Double(tokens) / (ContinuousClock.now - start).seconds
        progress.update(answers.count, detail: Quantity.rate(rate, of: "tokens"))
      }
      failure = nil
    } catch {
      failure = error
    }
    let seconds = (ContinuousClock.now - start).seconds
    progress.finish()

    let completed = rows.enumerated().compactMap { index, row in
      answers[index].map { row.json($0) }
    }
    if failure == nil || !completed.isEmpty {
      try AtomicFile.write(to: output) { sink in
        for row in completed { try sink.write(row.serialized() + "\n") }
      }
    }
    if let failure { throw failure }
    if completed.count == rows.count { try journal.remove() }
    try report(completed.count, rows.count, tokens, seconds, journal.seed)
    try Interruption.throwIfRequested()
  }

  /// Has the rows answered that the journal does not know, some at the same time; unfinished ones are
  /// dropped when the run is interrupted.
  private func forEachAnswer(
    _ rows: [GenerationRow], _ served: ServedModel, _ journal: RowJournal,
    _ body: (Int, GenerationResult) throws -> Void
  ) async throws {
    let waiting = rows.indices.filter { journal.known[$0] == nil }
    let requests = waiting.map { request(rows[$0].prompt, $0, journal.seed, served) }
    try await served.engine.answer(
      requests, sideBySide: command.batchSize, isCancelled: { Interruption.isRequested }
    ) { index, answer in
      try body(waiting[index], GenerationResult(answer))
    }
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
      if completed < rows {
        Log.info("The same command goes on from here; --restart begins anew.")
      }
    }
  }
}
